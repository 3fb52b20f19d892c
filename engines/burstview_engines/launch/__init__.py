"""How each engine is started: options, create arguments, phases; pure."""
