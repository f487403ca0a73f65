"""Working days of 2024 to 2026, counted by two independent packages and by `yishiting explain workday`.

Every day, and the end after 1 to 10 working days from every start day. Prints `ok   …` or `FAIL …: …`.
"""

import concurrent.futures
import datetime
import json
import pathlib
import subprocess
import sys

import chinese_calendar

BINARY = sys.argv[1]
HERE = pathlib.Path(__file__).parent
FIRST, LAST = datetime.date(2024, 1, 1), datetime.date(2026, 12, 31)
MOST = 10
DAYS = [FIRST + datetime.timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
# Day 0 is not counted: the day before shows what the first day is.
STARTS = [FIRST - datetime.timedelta(days=1), *DAYS]


def explain(start):
    """Ours: the tenth working day after `start` with every day on the way."""
    command = [BINARY, "explain", "workday", start.isoformat(), f"+{MOST}"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def ours():
    """Start day -> (its ends, what each day on the way was)."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for start, answer in zip(STARTS, pool.map(explain, STARTS)):
            steps = answer["steps"]
            ends = [step["date"] for step in steps if step["number"]]
            assert len(ends) == MOST and ends[-1] == answer["date"], answer
            worked = {step["date"]: step["verdict"] == "counted" for step in steps[1:]}
            yield start, ends, worked, answer["provisional"]


def main():
    told = subprocess.run(["node", HERE / "calendar_days.js"], check=True, capture_output=True, text=True).stdout
    chinese_days = set(json.loads(told))
    oracles = {
        "chinesecalendar": {day.isoformat() for day in DAYS if chinese_calendar.is_workday(day)},
        "chinese-days": chinese_days,
    }
    answers = list(ours())
    for name, work_days in oracles.items():
        ordered, wrong, ends_seen, days_seen = sorted(work_days), [], 0, set()
        for start, ends, worked, provisional in answers:
            later = [day for day in ordered if day > start.isoformat()][:MOST]
            # The last ends lie in a year that none of the packages knows.
            known = [end for end in ends if end <= LAST.isoformat()]
            if known != later[: len(known)] or len(later) != len(known):
                wrong.append(f"{start}: {ends} instead of {later}")
            if provisional != (ends[-1] > LAST.isoformat()):
                wrong.append(f"{start}: provisional is {provisional}")
            inside = {day: is_work for day, is_work in worked.items() if day <= LAST.isoformat()}
            wrong += [f"{day} is {is_work}" for day, is_work in inside.items() if is_work != (day in work_days)]
            ends_seen += len(known)
            days_seen |= inside.keys()
        title = f"{name}: {len(days_seen)} days and {ends_seen} ends of 2024 to 2026"
        print(f"FAIL {title}: {wrong[:5]}" if wrong else f"ok   {title}", flush=True)


main()
