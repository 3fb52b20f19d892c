/* A libnvidia-ml.so.1 without a GPU, for tests. Numbers are those of an idle or busy H100.
 *
 *   FAKE_NVML_GPUS=8            how many there are
 *   FAKE_NVML_INIT=18           what nvmlInit answers
 *   FAKE_NVML_PIDS=12,34        processes on every GPU; 0 and unused numbers are allowed
 *   FAKE_NVML_MIG=0             this GPU is split into two instances
 *   FAKE_NVML_LOST=1@0.5-2      GPU 1 answers "GPU is lost" from 0.5 to 2 s after nvmlInit
 *   FAKE_NVML_HANG=NAME:1@0.5-9 calls of NAME (a prefix) for GPU 1 hang until second 9
 *   FAKE_NVML_HANG_INIT=30      nvmlInit hangs that long
 *   FAKE_NVML_WILD=1            numbers that cannot be true
 *
 * Compiled with -DOLD it lacks what older drivers lack.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int Ret;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef struct { int index, instance; } *Dev;

enum { OK, UNINITIALIZED, INVALID, UNSUPPORTED, FORBIDDEN, NOT_FOUND = 6, TOO_SMALL = 7, LOST = 15 };
#define MOST 64
#define ABSENT 0xffffffffu
#define GIB (1ULL << 30)
#define TOTAL 85520809984ULL
#define RESERVED 503316480ULL

static struct { int index, instance; } cards[MOST], slices[MOST][2];
static int count;
static double begun;
static long live_samples;

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}
static double age(void) { return seconds(CLOCK_MONOTONIC) - begun; }
static u64 wall_us(void) { return (u64)(seconds(CLOCK_REALTIME) * 1e6); }
static int number(const char *name, int otherwise) {
    const char *text = getenv(name);
    return text ? atoi(text) : otherwise;
}
static void nap(double length) {
    double until = seconds(CLOCK_MONOTONIC) + length;
    while (seconds(CLOCK_MONOTONIC) < until) usleep(20000);
}
/* What of "GPU@FROM-UNTIL" is true now. */
static int is_now(const char *text, int index, double *until) {
    int gpu;
    double from;
    if (!text || sscanf(text, "%d@%lf-%lf", &gpu, &from, until) != 3) return 0;
    return gpu == index && age() >= from && age() < *until;
}
static Ret enter(const char *name, Dev dev) {
    double until;
    const char *hang = getenv("FAKE_NVML_HANG"), *colon = hang ? strchr(hang, ':') : 0;
    if (colon && !strncmp(name, hang, colon - hang) && is_now(colon + 1, dev->index, &until))
        nap(until - age());
    return is_now(getenv("FAKE_NVML_LOST"), dev->index, &until) ? LOST : OK;
}
#define CALL(NAME, ...) \
    Ret NAME(Dev dev, ##__VA_ARGS__) { \
        Ret entered = enter(#NAME, dev); \
        if (entered) return entered;
#define END return OK; }
#define SIMPLE(NAME, TYPE, VALUE) CALL(NAME, TYPE *out) *out = (VALUE); END
#define REFUSED(NAME) CALL(NAME, void *out) (void)out; return UNSUPPORTED; }
static int wild(void) { return number("FAKE_NVML_WILD", 0); }
static int is_split(Dev dev) { return number("FAKE_NVML_MIG", -1) == dev->index; }

/* Busy for two seconds, idle for two; GPUs take turns. */
static int is_busy(Dev dev, double at) { return fmod(at + dev->index * 0.5, 4) < 2; }

Ret nvmlInitWithFlags(u32 flags) {
    (void)flags;
    nap(number("FAKE_NVML_HANG_INIT", 0));
    int answer = number("FAKE_NVML_INIT", OK);
    if (answer) return answer;
    if (!begun) {
        begun = seconds(CLOCK_MONOTONIC);
        count = number("FAKE_NVML_GPUS", 1);
        for (int i = 0; i < MOST; i++) {
            cards[i].index = slices[i][0].index = slices[i][1].index = i;
            cards[i].instance = -1;
            slices[i][0].instance = 1;
            slices[i][1].instance = 2;
        }
    }
    return OK;
}
Ret nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
Ret nvmlShutdown(void) { return OK; }
const char *nvmlErrorString(Ret code) { return code == LOST ? "GPU is lost" : "An error"; }
Ret nvmlSystemGetDriverVersion(char *out, u32 size) { snprintf(out, size, "580.159.04"); return OK; }
Ret nvmlSystemGetCudaDriverVersion_v2(int *out) { *out = 13000; return OK; }
Ret nvmlDeviceGetCount_v2(u32 *out) { *out = count; return OK; }
Ret nvmlDeviceGetHandleByIndex_v2(u32 index, Dev *out) {
    if ((int)index >= count) return INVALID;
    *out = (Dev)&cards[index];
    return enter("nvmlDeviceGetHandleByIndex", *out);
}

CALL(nvmlDeviceGetName, char *out, u32 size)
    snprintf(out, size, "NVIDIA H100 80GB HBM3%s", dev->instance > 0 ? " MIG 1g.10gb" : "");
END
CALL(nvmlDeviceGetUUID, char *out, u32 size)
    snprintf(out, size, "%s-00000000-0000-0000-%04d-%012d", dev->instance > 0 ? "MIG" : "GPU",
             dev->instance > 0 ? dev->instance : 0, dev->index);
END
typedef struct { char legacy[16]; u32 domain, bus, device, id, subsystem; char bus_id[32]; } Pci;
CALL(nvmlDeviceGetPciInfo_v3, Pci *out)
    memset(out, 0, sizeof *out);
    snprintf(out->bus_id, sizeof out->bus_id, "00000000:%02X:00.0", dev->index + 6);
END
SIMPLE(nvmlDeviceGetArchitecture, u32, 9)

typedef struct { u32 gpu, memory; } Rates;
CALL(nvmlDeviceGetUtilizationRates, Rates *out)
    if (is_split(dev)) return UNSUPPORTED;
    out->gpu = wild() ? 4000000000u : is_busy(dev, age()) ? 99 : 0;
    out->memory = is_busy(dev, age()) ? 32 : 0;
END
typedef struct { u64 total, free, used; } Memory;
typedef struct { u32 version; u64 total, reserved, free, used; } Memory2;
static u64 used(Dev dev) {
    return wild() ? ~0ULL : dev->instance > 0 ? GIB : dev->index * GIB + is_busy(dev, age()) * GIB;
}
CALL(nvmlDeviceGetMemoryInfo, Memory *out)
    *out = (Memory){TOTAL, TOTAL - RESERVED - used(dev), RESERVED + used(dev)};
END
#ifndef OLD
CALL(nvmlDeviceGetMemoryInfo_v2, Memory2 *out)
    *out = (Memory2){out->version, TOTAL, RESERVED, TOTAL - RESERVED - used(dev), used(dev)};
END
#endif
CALL(nvmlDeviceGetBAR1MemoryInfo, Memory *out)
    *out = (Memory){128 * GIB, 127 * GIB, GIB};
END
SIMPLE(nvmlDeviceGetPowerUsage, u32, is_busy(dev, age()) ? 699181 : 113041)
SIMPLE(nvmlDeviceGetEnforcedPowerLimit, u32, 700000)
SIMPLE(nvmlDeviceGetPowerManagementDefaultLimit, u32, 700000)
CALL(nvmlDeviceGetPowerManagementLimitConstraints, u32 *least, u32 *most)
    *least = 200000;
    *most = 700000;
END
CALL(nvmlDeviceGetTemperature, int sensor, u32 *out) (void)sensor; *out = 48 + dev->index; END
CALL(nvmlDeviceGetTemperatureThreshold, int kind, u32 *out)
    *out = (u32[]){95, 89, 95, 87}[kind & 3];
END
CALL(nvmlDeviceGetClockInfo, int clock, u32 *out)
    *out = clock == 1 ? (is_busy(dev, age()) ? 1440 : 345) : 2619;
END
CALL(nvmlDeviceGetMaxClockInfo, int clock, u32 *out) *out = clock == 1 ? 1980 : 2619; END
SIMPLE(nvmlDeviceGetPerformanceState, int, 0)
SIMPLE(nvmlDeviceGetCurrentClocksThrottleReasons, u64, is_busy(dev, age()) ? 4 : 1)
REFUSED(nvmlDeviceGetFanSpeed)
SIMPLE(nvmlDeviceGetCurrPcieLinkGeneration, u32, 5)
SIMPLE(nvmlDeviceGetCurrPcieLinkWidth, u32, 16)
SIMPLE(nvmlDeviceGetMaxPcieLinkGeneration, u32, 5)
SIMPLE(nvmlDeviceGetMaxPcieLinkWidth, u32, 16)
CALL(nvmlDeviceGetPcieThroughput, int direction, u32 *out)
    nap(0.02);
    *out = direction ? 17592 : 6848;
END
CALL(nvmlDeviceGetNvLinkState, u32 link, u32 *out)
    if (link >= 18) return INVALID;
    *out = count > 1;
END
CALL(nvmlDeviceGetNvLinkVersion, u32 link, u32 *out) (void)link; *out = 6; END
CALL(nvmlDeviceGetEccMode, u32 *current, u32 *pending) *current = *pending = 1; END
CALL(nvmlDeviceGetTotalEccErrors, int kind, int counter, u64 *out)
    (void)counter;
    *out = kind ? 0 : 3;
END
CALL(nvmlDeviceGetEncoderUtilization, u32 *out, u32 *period) *out = 0; *period = 100000; END
CALL(nvmlDeviceGetDecoderUtilization, u32 *out, u32 *period) *out = 0; *period = 100000; END
SIMPLE(nvmlDeviceGetPersistenceMode, u32, 1)
SIMPLE(nvmlDeviceGetComputeMode, u32, 0)
SIMPLE(nvmlDeviceGetDisplayActive, u32, 0)

CALL(nvmlDeviceGetMigMode, u32 *current, u32 *pending) *current = *pending = is_split(dev); END
SIMPLE(nvmlDeviceGetMaxMigDeviceCount, u32, 7)
CALL(nvmlDeviceGetMigDeviceHandleByIndex, u32 place, Dev *out)
    if (!is_split(dev) || place > 1) return NOT_FOUND;
    *out = (Dev)&slices[dev->index][place];
END
SIMPLE(nvmlDeviceGetGpuInstanceId, u32, dev->instance)
SIMPLE(nvmlDeviceGetComputeInstanceId, u32, 0)

typedef struct { u32 pid; u64 used; u32 gi, ci; } Process;
static Ret list(Dev dev, u32 *size, Process *out) {
    char pids[512] = "";
    u32 room = *size, found = 0;
    strncat(pids, getenv("FAKE_NVML_PIDS") ? getenv("FAKE_NVML_PIDS") : "", sizeof pids - 1);
    for (char *pid = strtok(pids, ","); pid; pid = strtok(0, ","), found++)
        if (out && found < room)
            out[found] = (Process){strtoul(pid, 0, 10), wild() ? ~0ULL : GIB,
                                   is_split(dev) ? 1 : ABSENT, is_split(dev) ? 0 : ABSENT};
    *size = found;
    return found && (!out || found > room) ? TOO_SMALL : OK;
}
CALL(nvmlDeviceGetComputeRunningProcesses_v2, u32 *size, Process *out) return list(dev, size, out); }
CALL(nvmlDeviceGetGraphicsRunningProcesses_v2, u32 *size, Process *out) (void)out; *size = 0; END
#ifndef OLD
CALL(nvmlDeviceGetComputeRunningProcesses_v3, u32 *size, Process *out) return list(dev, size, out); }
CALL(nvmlDeviceGetGraphicsRunningProcesses_v3, u32 *size, Process *out) (void)out; *size = 0; END
CALL(nvmlDeviceGetMPSComputeRunningProcesses_v3, u32 *size, Process *out) (void)out; *size = 0; END
#endif
typedef struct { u32 pid; u64 stamp; u32 sm, memory, encoder, decoder; } Use;
CALL(nvmlDeviceGetProcessUtilization, Use *out, u32 *size, u64 since)
    Process listed[32];
    u32 found = 32;
    (void)since;
    list(dev, &found, listed);
    if (!found) return NOT_FOUND;
    if (!out || *size < found) { *size = found; return TOO_SMALL; }
    for (u32 i = 0; i < found; i++)
        out[i] = (Use){listed[i].pid, wall_us(), wild() ? 3000000000u : 97, 22, 0, 0};
    *size = found;
END

#ifndef OLD
typedef union { double d; u32 ui; u64 ull; long long sll; int si; } Value;
typedef struct { u32 id, scope; long long stamp, latency; int kind; Ret answer; Value value; } Field;
CALL(nvmlDeviceGetFieldValues, int size, Field *out)
    for (int i = 0; i < size; i++) {
        Field *one = &out[i];
        one->answer = OK;
        one->kind = 1;
        one->value.ull = 0;
        if (one->id == 186) one->value.ui = is_busy(dev, age()) ? 737763 : 75968;
        else if (one->id == 82) one->value.ui = 56;
        else if ((one->id == 138 || one->id == 139) && count > 1) {
            one->kind = 3;
            one->value.ull = (u64)(age() * (one->id == 138 ? 1000000 : 2000000));
        } else one->answer = UNSUPPORTED;
    }
END
typedef struct { u64 stamp; Value value; } Sample;
CALL(nvmlDeviceGetSamples, int kind, u64 since, int *value_kind, u32 *size, Sample *out)
    u64 step = kind == 0 ? 20000 : 200000, now = wall_us() / step * step, kept = 119;
    u64 first = since + 1 > now - kept * step ? since + 1 : now - kept * step;
    u32 room = *size, found = 0;
    if (kind > 1) return UNSUPPORTED;
    *value_kind = 1;
    for (u64 at = (first + step - 1) / step * step; at <= now; at += step, found++)
        if (out && found < room) {
            double past = age() - (wall_us() - at) / 1e6;
            out[found].stamp = at;
            out[found].value.ull = 0;
            out[found].value.ui = kind ? 99 * is_busy(dev, past) : is_busy(dev, past) ? 700000 : 113000;
        }
    *size = out && room < found ? room : found;
    return found ? OK : NOT_FOUND;
}

typedef struct { double at, busy; } GpmSample;
typedef struct { u32 version, is_supported; } Support;
typedef struct { u32 id; Ret answer; double value; const char *words[3]; } Metric;
typedef struct { u32 version, size; GpmSample *first, *second; Metric metrics[]; } Asked;
SIMPLE(nvmlGpmQueryDeviceSupport, Support, ((Support){out->version, 1}))
Ret nvmlGpmSampleAlloc(GpmSample **out) {
    *out = calloc(1, sizeof **out);
    __sync_fetch_and_add(&live_samples, 1);
    return OK;
}
Ret nvmlGpmSampleFree(GpmSample *sample) {
    free(sample);
    __sync_fetch_and_sub(&live_samples, 1);
    return OK;
}
/* The hardware refreshes every tenth of a second. */
static double busy_until(Dev dev, double at) {
    double shifted = at + dev->index * 0.5;
    return floor(shifted / 4) * 2 + fmin(fmod(shifted, 4), 2);
}
static Ret fill(Dev dev, GpmSample *out) {
    out->at = floor(age() * 10) / 10;
    out->busy = busy_until(dev, out->at);
    return OK;
}
CALL(nvmlGpmSampleGet, GpmSample *out) return is_split(dev) ? UNSUPPORTED : fill(dev, out); }
CALL(nvmlGpmMigSampleGet, u32 instance, GpmSample *out) (void)instance; return fill(dev, out); }
Ret nvmlGpmMetricsGet(Asked *asked) {
    double length = asked->second->at - asked->first->at;
    double share = length > 0 ? (asked->second->busy - asked->first->busy) / length : 0;
    for (u32 i = 0; i < asked->size; i++) {
        Metric *one = &asked->metrics[i];
        one->answer = OK;
        switch (one->id) {
            case 2: one->value = 96 * share; break;
            case 3: one->value = 14 * share; break;
            case 5: one->value = 93 * share; break;
            case 10: one->value = length > 0 ? 24 * share : NAN; break;
            default: one->answer = UNSUPPORTED;
        }
    }
    return OK;
}
#endif
/* Not NVML's: how many sample buffers were not given back. */
long fakeNvmlLiveSamples(void) { return live_samples; }
