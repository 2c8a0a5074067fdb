#!/usr/bin/env python3
"""The same five networks in Keras: python3 keras_household.py FILE [--seeds N] [NETWORK...] > keras.json

Five seeds each unless N is given (keras.json has twenty of the encoder-decoder); the gates are Keras 2's hard sigmoid, clip(0.2 x + 0.5, 0, 1), as in the tutorials. The seconds are
the processor's, of one thread with XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"."""

import argparse
import csv
import json
import os
import sys
import time

os.environ.setdefault('KERAS_BACKEND', 'jax')
import keras
import numpy
from keras import layers

DAYS, INPUTS, TEST = 7, 14, 46
EPOCHS = {'lstm': 70, 'encoder_decoder': 20, 'multivariate': 50, 'cnn_lstm': 20, 'conv_lstm': 20}


def gate(x):
    return keras.ops.clip(0.2 * x + 0.5, 0, 1)


def lstm(**more):
    return layers.LSTM(200, activation='relu', recurrent_activation=gate, **more)


def decoder():
    return [layers.RepeatVector(DAYS), lstm(return_sequences=True),
            layers.TimeDistributed(layers.Dense(100, activation='relu')),
            layers.TimeDistributed(layers.Dense(1)), layers.Flatten()]


def network(name, features):
    start = [layers.Input((INPUTS, features))]
    if name == 'lstm':
        return keras.Sequential(start + [lstm(), layers.Dense(100, activation='relu'), layers.Dense(DAYS)])
    if name == 'cnn_lstm':
        return keras.Sequential(start + [layers.Conv1D(64, 3, activation='relu'),
                                         layers.Conv1D(64, 3, activation='relu'),
                                         layers.MaxPooling1D(2), layers.Flatten()] + decoder())
    if name == 'conv_lstm':
        return keras.Sequential(start + [
            layers.Reshape((2, 1, 7, 1)),
            layers.ConvLSTM2D(64, (1, 3), activation='relu', recurrent_activation=gate),
            layers.Flatten()] + decoder())
    return keras.Sequential(start + [lstm()] + decoder())


def windows(rows, begin, end, step):
    origins = range(begin, end, step)
    return (numpy.stack([rows[i - INPUTS:i] for i in origins]),
            numpy.stack([rows[i:i + DAYS, 0] for i in origins]))


def run(rows, name, seed):
    features = rows.shape[1] if name == 'multivariate' else 1
    rows = rows[:, :features]
    first_test = len(rows) - TEST * DAYS
    x, y = windows(rows, INPUTS, first_test - DAYS + 1, 1)
    test_x, test_y = windows(rows, first_test, len(rows), DAYS)
    keras.utils.set_random_seed(seed)
    model = network(name, features)
    model.compile(loss='mse', optimizer='adam')
    start = time.process_time()
    model.fit(x, y, epochs=EPOCHS[name], batch_size=16, verbose=0)
    seconds = time.process_time() - start
    error = model.predict(test_x, verbose=0) - test_y
    return {'rmse': float(numpy.sqrt((error ** 2).mean())), 'seconds': seconds}, model.count_params()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('file')
    parser.add_argument('names', nargs='*', metavar='NETWORK', choices=[*EPOCHS, []])
    parser.add_argument('--seeds', type=int, default=5)
    arguments = parser.parse_intermixed_args()
    with open(arguments.file, newline='', encoding='utf-8') as file:
        rows = numpy.array([row[1:] for row in list(csv.reader(file))[2:-6]], 'float32')
    answer = {'versions': f'Keras {keras.__version__} on {keras.backend.backend()}'}
    for name in arguments.names or EPOCHS:
        runs, parameters = zip(*[run(rows, name, seed) for seed in range(1, arguments.seeds + 1)])
        answer[name] = {key: [round(r[key], 3) for r in runs] for key in runs[0]}
        answer[f'{name}, parameters'] = parameters[0]
        print(name, answer[name], file=sys.stderr)
    print(json.dumps(answer, indent=1))


if __name__ == '__main__':
    main()
