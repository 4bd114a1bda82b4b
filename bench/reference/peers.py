"""Trains a peer on the rows of a job and says how it did.

usage: python3 peers.py logistic|fasttext JOB.json
JOB.json is {"train": [[text, label], ...], "test": [[text, label], ...]}; one JSON object comes out. Seconds are CPU
seconds of this process. Needs scikit-learn, or fasttext.

The features of `logistic` are those of src/learn/ngrams.ts: word 1-2-grams and in-word character 2-4-grams, sublinear
tf-idf, each of the two blocks at length 1.
"""
import json
import os
import pickle
import resource
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# One at a time is how calls come; so many are enough to time.
timed_rows = 500


def main():
    kind, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    learn = {"logistic": logistic, "fasttext": fasttext}[kind]
    result = learn([text for text, _ in job["train"]], [label for _, label in job["train"]], job["test"])
    result["peakMegabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


def logistic(texts, labels, test):
    import sklearn
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    least = 1 if len(texts) < 400 else 2
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+", min_df=least)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=least)
    started = time.process_time()
    rows = hstack([words.fit_transform(texts), characters.fit_transform(texts)]).tocsr() / 2**0.5
    extracted = time.process_time()
    model = LogisticRegression(C=20, max_iter=300).fit(rows, labels)
    fitted = time.process_time()
    for text, _ in test[:timed_rows]:
        model.predict(hstack([words.transform([text]), characters.transform([text])]).tocsr() / 2**0.5)
    ended = time.process_time()
    questions = [text for text, _ in test]
    rows = hstack([words.transform(questions), characters.transform(questions)]).tocsr() / 2**0.5
    right = sum(given == label for given, (_, label) in zip(model.predict(rows), test))
    return {
        "peer": f"scikit-learn {sklearn.__version__} LogisticRegression",
        "accuracy": int(right) / len(test),
        "featureSeconds": extracted - started,
        "fitSeconds": fitted - extracted,
        "predictionMicroseconds": 1e6 * (ended - fitted) / min(timed_rows, len(test)),
        "fileBytes": len(pickle.dumps((words, characters, model))),
    }


def fasttext(texts, labels, test):
    import fasttext as library

    names = {label: f"__label__{index}" for index, label in enumerate(dict.fromkeys(labels))}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.txt")
        with open(path, "w", encoding="utf-8") as file:
            for text, label in zip(texts, labels):
                file.write(f"{names[label]} {one_line(text)}\n")
        started = time.process_time()
        model = library.train_supervised(path, wordNgrams=2, minn=2, maxn=4, epoch=25, lr=0.5, thread=1, verbose=0)
        fitted = time.process_time()
        # The Python wrapper's predict() does not work with NumPy 2; the binding below it does.
        right = sum(
            model.f.predict(one_line(text) + "\n", 1, 0.0, "strict")[0][1] == names.get(label) for text, label in test
        )
        ended = time.process_time()
        saved = os.path.join(folder, "model.bin")
        model.save_model(saved)
        size = os.path.getsize(saved)
    return {
        "peer": "fastText",
        "accuracy": right / len(test),
        "featureSeconds": 0,
        "fitSeconds": fitted - started,
        "predictionMicroseconds": 1e6 * (ended - fitted) / len(test),
        "fileBytes": size,
    }


def one_line(text):
    return " ".join(text.lower().split())


if __name__ == "__main__":
    main()
