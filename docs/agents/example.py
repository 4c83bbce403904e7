"""Two agents on one hub: a planner gives work out and hears of it, a worker does it. Run it beside a hub: python3 example.py"""

import threading

from rookery import Rookery, RookeryError

planner = Rookery(agent="planner")
worker = Rookery(agent="worker")
stop = threading.Event()

cursor = planner.call("{ feedCursor }")["feedCursor"]
tasks = [planner.create_task(f"Square {n}", type="square", input={"n": n}) for n in (2, 3)]


def square(task, lease):
    worker.progress(task, lease, progress=0.5, note="multiplying")
    n = task["input"]["n"]
    worker.send(f"{n} squared is {n * n}", to="planner")
    return {"square": n * n}


threading.Thread(target=worker.work, args=(["square"], square, stop), daemon=True).start()

answers = planner.inbox(after=cursor)
for _ in tasks:
    print("planner hears:", next(answers)["message"]["content"])

watch = planner.subscribe("subscription ($f: TaskEventFilter) { taskEvents(filter: $f) { task { id status output } } }",
                          {"f": {"ids": [task["id"] for task in tasks], "statuses": ["DONE"]}}, after=cursor)
for _ in tasks:
    task = next(watch)["taskEvents"]["task"]
    print("planner sees:", task["id"], task["status"], task["output"]["square"])

stop.set()
try:
    worker.complete(tasks[0], {"token": "an old one"})
except RookeryError as error:
    print("worker is told:", error.code)
