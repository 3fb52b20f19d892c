"""Pure: events, fold, metrics, verdict, plan, recording."""
