"""Learns from the rows of a job and says how long an answer takes, one at a time and all together.

usage: python3 answer.py scikit-learn|fasttext JOB.json
JOB.json is {"train": [[text, label], ...], "test": [[text, label], ...], "rounds": 3}; one JSON object comes out.
Times are CPU microseconds an answer. Needs scikit-learn, or fasttext.
"""
import json
import os
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"


def main():
    kind, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    name, answer, answer_all = {"scikit-learn": pipeline, "fasttext": fasttext}[kind](job["train"])
    texts = [text for text, _ in job["test"]]
    rounds = [timed(lambda: [answer(text) for text in texts]) for _ in range(job["rounds"])]
    together = [timed(lambda: answer_all(texts)) for _ in range(job["rounds"])]
    given = rounds[0][1]
    print(
        json.dumps(
            {
                "who": name,
                "accuracy": sum(label == wanted for label, (_, wanted) in zip(given, job["test"])) / len(texts),
                "microseconds": [seconds * 1e6 / len(texts) for seconds, _ in rounds],
                "microsecondsTogether": [seconds * 1e6 / len(texts) for seconds, _ in together],
            }
        )
    )


def timed(work):
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def pipeline(rows):
    import sklearn
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts, labels = zip(*rows)
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=20, max_iter=300))
    model.fit(texts, labels)
    return (
        f"scikit-learn {sklearn.__version__}: TfidfVectorizer, LogisticRegression",
        lambda text: model.predict([text])[0],
        lambda texts: list(model.predict(texts)),
    )


def fasttext(rows):
    import fasttext as library

    names = {label: f"__label__{index}" for index, label in enumerate(dict.fromkeys(label for _, label in rows))}
    labels = {name: label for label, name in names.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.txt")
        with open(path, "w", encoding="utf-8") as file:
            for text, label in rows:
                file.write(f"{names[label]} {one_line(text)}\n")
        model = library.train_supervised(path, wordNgrams=2, minn=2, maxn=4, epoch=25, lr=0.5, thread=1, verbose=0)

    # The Python wrapper's predict() does not work with NumPy 2; the binding below it does.
    def answer(text):
        return labels[model.f.predict(one_line(text) + "\n", 1, 0.0, "strict")[0][1]]

    return "fastText: word 1-2-grams, characters 2-4", answer, lambda texts: [answer(text) for text in texts]


def one_line(text):
    return " ".join(text.lower().split())


if __name__ == "__main__":
    main()
