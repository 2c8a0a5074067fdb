#!/usr/bin/env python3
"""The same calls in Keras, with the weights of main.cpp: python3 keras_return_sequences.py > keras.json"""

import json
import os

os.environ.setdefault('KERAS_BACKEND', 'jax')
import keras
import numpy


def lstm(**switches):
    layer = keras.layers.LSTM(2, **switches)
    layer.build((1, None, 1))
    gates = numpy.arange(8)
    layer.set_weights([0.1 * (gates[None] + 1), 0.05 * (gates[None] + 1) - 0.1 * numpy.arange(2)[:, None],
                       0.1 * gates - 0.3])
    return layer


def numbers(tensor):
    return [round(float(value), 6) for value in numpy.ravel(tensor)]


def main():
    x = numpy.array([0.1, 0.2, 0.3, 0.4], 'float32').reshape(1, 4, 1)
    told = numpy.array([0.4, 0.3], 'float32').reshape(1, 2, 1)
    answer = {'versions': f'Keras {keras.__version__} on {keras.backend.backend()}'}
    answer['no, no'] = numbers(lstm()(x))
    answer['yes, no'] = numbers(lstm(return_sequences=True)(x))
    answer['no, yes'] = [numbers(part) for part in lstm(return_state=True)(x)]
    answer['yes, yes'] = [numbers(part) for part in lstm(return_sequences=True, return_state=True)(x)]

    stateful = lstm(stateful=True)
    answer['stateful'] = [numbers(stateful(half)) for half in (x[:, :2], x[:, 2:])]
    stateful.reset_state()
    answer['stateless'] = numbers(stateful(x[:, 2:]))

    _, h, c = lstm(return_state=True)(x)
    answer['decoder'] = numbers(lstm()(told, initial_state=[h, c]))
    answer['decoder from zeros'] = numbers(lstm()(told))
    print(json.dumps(answer, indent=1))


if __name__ == '__main__':
    main()
