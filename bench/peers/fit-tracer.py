"""Fits TRACER on the rows that bench/quality/write-peer-rows.ts wrote, and judges it on rows it has not seen.

usage: python3 fit-tracer.py ROWS RESULTS.json [--tasks sms-spam,trec] [--targets 0.95,0.98] [--seeds 1] [--zoo light|full] [--limit 900]

A result stands in RESULTS.json as soon as it is there; what stands there is not measured again. `light` is what TRACER's
command line fits by default (linear models and small networks), `full` what its Python interface does (trees as well).
Seconds are CPU seconds of the process that fits, one thread; a fit that takes more than the limit is recorded as such.
Only the frontier of the wanted target is fitted: TRACER's default fits three more, at four times the work.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LOKY_MAX_CPU_COUNT"):
    os.environ[name] = "1"

dimensions = 384
trees = ("dt", "rf", "et", "gbt")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rows")
    parser.add_argument("results")
    parser.add_argument("--tasks", default="fpb,sms-spam,trec,isear,agnews,sst2,headlines,snips,banking77,clinc150")
    parser.add_argument("--targets", default="0.95,0.98")
    parser.add_argument("--seeds", default="1", help="folders below ROWS: divisions of the rows")
    parser.add_argument("--zoo", choices=("light", "full"), default="light")
    parser.add_argument("--limit", type=int, default=900)
    parser.add_argument("--one", nargs=2, metavar=("TASK", "TARGET"), help="fit here and print one result")
    options = parser.parse_args()
    if options.one:
        task, target = options.one
        resource.setrlimit(resource.RLIMIT_CPU, (options.limit, options.limit))
        folder = os.path.join(options.rows, options.seeds)
        print(json.dumps(fit_and_judge(folder, task, float(target), options.zoo)))
        return
    for seed in options.seeds.split(","):
        for task in options.tasks.split(","):
            for target in options.targets.split(","):
                measure(task, target, seed, options)


def measure(task, target, seed, options):
    """In a process of its own, so that CPU time and the limit are its own."""
    key = f"{task} {target} {options.zoo} {seed}"
    results = read_results(options.results)
    if key in results or not os.path.exists(os.path.join(options.rows, seed, f"{task}.in.jsonl")):
        return
    command = [sys.executable, __file__, options.rows, options.results, "--zoo", options.zoo]
    command += ["--limit", str(options.limit), "--seeds", seed, "--one", task, target]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode == 0:
        result = json.loads(process.stdout.strip().split("\n")[-1])
    elif process.returncode < 0:
        result = {"outOfTime": options.limit}
    else:
        print(f"{key} failed: {process.stderr.strip()[-400:]}", file=sys.stderr, flush=True)
        return
    result = {"task": task, "target": float(target), "zoo": options.zoo, "seed": int(seed), **result}
    results = read_results(options.results)
    results[key] = result
    with open(options.results, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    print(json.dumps(result), file=sys.stderr, flush=True)


def read_results(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def fit_and_judge(folder, task, target, zoo):
    import tracer

    _, vectors = read_rows(folder, f"{task}.in")
    answers, judged = read_rows(folder, f"{task}.judge")
    config = tracer.FitConfig(
        target_teacher_agreement=target,
        frontier_targets=(target,),
        skip_candidates=trees if zoo == "light" else (),
        verbose=False,
    )
    with tempfile.TemporaryDirectory() as artefact:
        started, clock = time.process_time(), time.perf_counter()
        fitted = tracer.fit(os.path.join(folder, f"{task}.in.jsonl"), artefact, embeddings=vectors, config=config)
        seconds, wall = time.process_time() - started, time.perf_counter() - clock
        method = fitted.manifest.selected_method
        labels = tracer.load_router(artefact).predict_batch(judged)["labels"] if method else [None] * len(judged)
    handled = [label == answer for label, answer in zip(labels, answers) if label is not None]
    return {
        "method": method,
        "rows": len(vectors),
        "judged": len(judged),
        "handled": len(handled),
        "agreeing": sum(handled),
        "cpuSeconds": round(seconds, 1),
        "wallSeconds": round(wall, 1),
    }


def read_rows(folder, name):
    import numpy

    with open(os.path.join(folder, f"{name}.jsonl"), encoding="utf-8") as file:
        answers = [json.loads(line)["teacher"] for line in file]
    return answers, numpy.fromfile(os.path.join(folder, f"{name}.f32"), "<f4").reshape(-1, dimensions)


if __name__ == "__main__":
    main()
