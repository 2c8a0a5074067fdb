#!/usr/bin/env python3
"""The same job in Keras: python3 keras_travel.py FILE... >> keras.json has its answer for two files.

Five seeds, scaled on all rows as the notebook does, and on the training rows alone; seconds of processor time."""

import csv
import json
import os
import sys
import time

os.environ.setdefault('KERAS_BACKEND', 'jax')
import keras
import numpy

LAGS, TEST = 5, 31


def windows(path, fit_on_all):
    with open(path, newline='', encoding='utf-8') as file:
        rows = [[row['Num'], row['ConfirmedCount'], row['DateType']] for row in csv.DictReader(file)]
    rows = numpy.array(rows, 'float32')
    fitted = rows if fit_on_all else rows[:-TEST]
    low, high = fitted.min(0), fitted.max(0)
    scaled = (rows - low) / (high - low)
    x = numpy.stack([scaled[i:i + LAGS] for i in range(len(rows) - LAGS)])
    return x, scaled[LAGS:, 0], low[0], high[0], rows[LAGS:, 0]


def run(path, fit_on_all, seed):
    x, y, low, high, trips = windows(path, fit_on_all)
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([
        keras.layers.Input((LAGS, 3)),
        keras.layers.LSTM(256, activation='relu', return_sequences=True), keras.layers.Dropout(0.2),
        keras.layers.LSTM(256, activation='relu'), keras.layers.Dropout(0.2),
        keras.layers.Dense(16), keras.layers.Dropout(0.2), keras.layers.Dense(1)])
    model.compile(loss='mae', optimizer='adam', metrics=['r2_score'])
    start = time.process_time()
    model.fit(x[:-TEST], y[:-TEST, None], epochs=200, batch_size=len(x) - TEST, shuffle=False, verbose=0,
              validation_data=(x[-TEST:], y[-TEST:, None]))
    seconds = time.process_time() - start
    predicted = model.predict(x[-TEST:], verbose=0)[:, 0] * (high - low) + low
    error, real = predicted - trips[-TEST:], trips[-TEST:]
    return {'rmse': float(numpy.sqrt((error ** 2).mean())),
            'r2': float(1 - (error ** 2).sum() / ((real - real.mean()) ** 2).sum()), 'seconds': seconds}


def main(paths):
    answer = {'versions': f'Keras {keras.__version__} on {keras.backend.backend()}', 'parameters': 795681}
    for path in paths:
        for fit_on_all in (True, False):
            runs = [run(path, fit_on_all, seed) for seed in range(1, 6)]
            name = f'{os.path.basename(path)} {"all" if fit_on_all else "training"} rows'
            answer[name] = {key: [round(r[key], 3) for r in runs] for key in runs[0]}
            print(name, answer[name], file=sys.stderr)
    print(json.dumps(answer, indent=1))


if __name__ == '__main__':
    main(sys.argv[1:])
