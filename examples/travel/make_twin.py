#!/usr/bin/env python3
"""Writes twin.csv: made-up days of the shape of the travel notebook's file, which may not be copied.

    python3 make_twin.py > twin.csv

184 days from 2020-01-15. DateType: 1 a workday, 2 a weekend, 3 one of 21 public holidays. Confirmed cases
follow a logistic curve around day 32. Trips are 6000 a day, a fifth less at weekends and two fifths less on
holidays, times 1 − 0.97 · closure, where closure steps up around day 9 and fades around day 75, times
1 + 0.05 · N(0,1) from seed 1. The other columns are there to be dropped."""

import datetime
import math
import random

HOLIDAYS = [('2020-01-24', 10), ('2020-04-04', 3), ('2020-05-01', 5), ('2020-06-25', 3)]


def logistic(x):
    return 1 / (1 + math.exp(-x))


def holidays():
    for first, days in HOLIDAYS:
        for day in range(days):
            yield datetime.date.fromisoformat(first) + datetime.timedelta(day)


def main():
    noise, off = random.Random(1), set(holidays())
    print('Date,Num,CurrentConfirmedCount,ConfirmedCount,SuspectedCount,CuredCount,DeadCount,DateType,'
          'DiffConfirmedCount')
    before = 0
    for day in range(184):
        date = datetime.date(2020, 1, 15) + datetime.timedelta(day)
        kind = 3 if date in off else 2 if date.weekday() >= 5 else 1
        closure = logistic((day - 9) / 1.5) * (1 - logistic((day - 75) / 14))
        trips = 6000 * {1: 1, 2: 0.8, 3: 0.6}[kind] * (1 - 0.97 * closure) * (1 + 0.05 * noise.gauss(0, 1))
        confirmed = round(80000 * logistic((day - 32) / 5)) + 20 * day
        cured = round(75000 * logistic((day - 55) / 7))
        print(f'{date},{round(trips)},{confirmed - cured}.0,{confirmed}.0,{round(closure * 20000)}.0,{cured}.0,'
              f'{round(0.04 * confirmed)}.0,{kind},{confirmed - before}.0')
        before = confirmed


if __name__ == '__main__':
    main()
