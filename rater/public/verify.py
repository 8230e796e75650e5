#!/usr/bin/env python3
"""Check this bundle with Python 3.9 or later and nothing else: python3 verify.py --lock-code CODE
Take the code from where it was published before the key was opened, never from the bundle. README.md says
what every file holds and what is recomputed here; `rater-admin verify DIR --recompute` recomputes all of it."""
import argparse, csv, functools, hashlib, io, itertools, json, pathlib, sys
from collections import Counter, defaultdict
from fractions import Fraction
from statistics import mean
HERE, FORMULA = pathlib.Path(__file__).resolve().parent, tuple("=+-@\t\r\n＝＋－＠")
FILES = """study.toml visible.json manifests.jsonl chains.jsonl lock.json record.json README.md verify.py ratings.csv
agreement.json """, "coder_agreement.json coverage.json", "allocation.json guesses.csv effects.json blinding.json"
def sha(tag, *parts): return hashlib.sha256(b"blindrater/%b\n" % tag.encode() * bool(tag) + b"".join(parts)).hexdigest()
@functools.lru_cache(maxsize=None)
def data(name):
    content = whole(name)
    if name.endswith(".csv"):  # a cell that a spreadsheet could run begins with an apostrophe
        rows = csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True)
        return [{k: v[v[:1] == "'" and v[1:2] in FORMULA:] for k, v in row.items()} for row in rows]
    return [json.loads(one) for one in content.split(b"\n")[:-1]] if name[-1] == "l" else json.loads(content)
canonical = functools.partial(json.dumps, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
unless, whole = lambda fits, text: () if fits else (text,), lambda name: (HERE / name).read_bytes()
def ask(check):
    try: wrong = list(check())
    except (OSError, LookupError, ValueError, TypeError, AttributeError, csv.Error, RecursionError) as fault:
        wrong = [f"it cannot be read ({type(fault).__name__}: {fault})"]
    print(f"{'FAILED' if wrong else 'ok':<18}  {check.__doc__}{': ' * bool(wrong)}{'; '.join(wrong[:4])}")
    return bool(wrong)
def adjudged(): return data("lock.json").get("adjudication", {}).get("chains", ())
def opened(): return (data("allocation.json"), *data("allocation.json").get("batches", ()))  # by batch
def audit(): return "key" not in data("lock.json")  # a benchmark audit: nothing is sealed, there are no conditions
def files():
    """the bundle has its files and no other"""
    listed, here = data("bundle.json")["files"], {path.name for path in HERE.iterdir()} - {"bundle.json"}
    own = {*(FILES[0] + FILES[1 if "lock.json" in here and audit() else 2]).split()}
    if "lock.json" in here and "adjudication" in data("lock.json"): own |= {"adjudication.json", "decisions.jsonl", "consensus.csv"}
    yield from (f"{name} is missing" for name in sorted({*own, *listed} - here))
    yield from (f"{name} is a foreign file" for name in sorted(here - own))
    yield from (f"{name} is not what bundle.json lists" for name in sorted(here & own) if sha("", whole(name)) != listed.get(name))
def published():
    """the lock code is the published one"""
    yield from unless(sha("", whole("lock.json")) == CODE.strip().lower(), "lock.json is not what this code belongs to")
def hashed():
    """protocol, manifests and, where there is a key, allocation are those that lock.json names"""
    lock, queue = data("lock.json"), {"adjudication.json": one["manifest"] for one in adjudged()}
    for name, locked in {"study.toml": lock["protocol"], "visible.json": lock["visible"], **queue}.items():
        yield from unless(sha("", whole(name)) == locked, f"{name} was changed")
    bodies = sorted(sha("", body) for body in whole("manifests.jsonl").split(b"\n")[:-1])
    yield from unless(bodies == sorted(one["manifest"] for one in lock["raters"]), "a manifest is missing or was changed")
    added = sorted({a["batch"]: (a["key"], a["protocol"]) for a in lock.get("amendments", ()) if "batch" in a}.items())
    bound = [(lock.get("key"), None), *(pair for _, pair in added)]
    for (key, plan), one in () if audit() else itertools.zip_longest(bound, opened(), fillvalue={}):
        fits = sha("alloc/v1", bytes.fromhex(one["salt"]), canonical(one["allocation"]).encode()) == key["allocation_commitment"]
        yield from unless(fits, "arm, task or salt of the allocation are not what was committed to at seeding")
        yield from unless(not plan or plan == sha("", one["study_toml"].encode()), "the plan of a batch was changed")
def chains():
    """the rating events are the chains that lock.json names"""
    locked, found = {entry["chain"]: entry for entry in [*data("lock.json")["raters"], *adjudged()]}, defaultdict(list)
    for stored in [*data("chains.jsonl"), *(data("decisions.jsonl") if adjudged() else ())]: found[json.loads(stored["body"])["chain"]].append(stored)
    yield from (f"the chain {name} was not there at the lock" for name in found.keys() - locked.keys())
    for name, entry in locked.items():
        head, count = sha("genesis/v1", bytes.fromhex(entry["manifest"]), name.encode()), 0
        for count, stored in enumerate(found[name], 1):
            head = sha("event/v1", bytes.fromhex(head), stored["body"].encode())
            yield from unless(head == stored["hash"], f"event {count} of {entry['rater']} was changed, or one before it was taken out")
            if head != stored["hash"]: break
        yield from unless((count, head) == (entry["events"], entry["head"]), f"the {count} events of {entry['rater']} are not the {entry['events']} that were locked")
def fold(events, dimensions, again):
    dropped, marks = set(), defaultdict(lambda: (None, None, None))  # by dimension: level, reason, confidence
    for e in reversed(events): dropped |= {e["target"]} if e["kind"] == "retract" and e["seq"] not in dropped else set()
    events, since = [e for e in events if e["seq"] not in dropped], max(again.values(), default=0)
    said, gone = {e["kind"] for e in events}, {e["target"] for e in events if e["kind"] == "unquote"}
    late = any(e["kind"] == "complete" and e["seq"] > since for e in events)
    def old(e): return e["seq"] < again.get(e.get("dimension"), 0)  # said before its dimension was asked again
    quoted = {e["dimension"] for e in events if e["kind"] == "quote" and e["seq"] not in gone and not old(e)}
    for e in (e for e in events if e["kind"] in ("score", "not_ratable", "clear", "confidence")):
        d, given = e.get("dimension"), (e.get("level"), e.get("reason"), None)  # no dimension: the whole item
        marks[d] = marks[d] if old(e) else (*marks[d][:2], e["sure"]) if e["kind"] == "confidence" else given
        marks[None] = (None, None, None) if e["kind"] == "score" else marks[None]
    def lacks(d, level, reason, sure):
        if level is None or d.get("confidence") and sure is None: return not reason
        to_quote = d["quote_from"] is not None and level >= d["quote_from"]
        return d["id"] not in quoted if to_quote else d["read_to_end"] and "read_to_end" not in said
    missing, whole = {d["id"] for d in dimensions if lacks(d, *marks[d["id"]])}, marks[None][1]
    for d in (d["id"] for d in dimensions):  # of an item once completed the other dimensions count on
        counts = whole or (late and not missing) or d not in again and again and not missing - again.keys()
        given = (marks[None] if whole else marks[d]) if counts and "complete" in said else (None, None, None)
        yield d, *("" if one is None else str(one) for one in given), str(int("told" in said))
def tidy():
    """the tidy ratings are what chains and allocation give"""
    by_item, amended, every = defaultdict(list), data("lock.json").get("amendments", ()), data("manifests.jsonl")
    tasks = {i: {"model": "", "scaffold": "", "task": t, "replicate": 1} for m in every for i, t, _ in m["items"]}
    origins = tasks if audit() else {i: of for part in opened() for i, of in part["allocation"]["items"].items()}
    batch = {one[0]: str(a["batch"]) for a in amended if "batch" in a for one in a["items"]}
    dimensions, ours, theirs = data("visible.json")["rubric"]["dimensions"], [], defaultdict(Counter)
    names = "unit occasion position model scaffold task replicate withdrawn batch dimension value not_ratable confidence told".split()
    gone = {(origins[a["item"]]["task"], a["rule"] == "task" or origins[a["item"]]["model"]) for a in amended if "item" in a}
    for body in (json.loads(s["body"]) for s in data("chains.jsonl")): by_item[body["chain"], body.get("item")].append(body)
    rerates = [(sha("", canonical(a).encode()), a["rerate"]) for a in amended if "rerate" in a]
    for m in every:
        ours, first, own, leaves = [*ours, Counter()], {}, by_item[m["manifest"], None], [a for a in amended if a.get("from") == m["rater"]]
        aside = {*(t for a in leaves for t in a["tasks"]), *(a["task" if a["rule"] == "task" else "item"] for a in amended if "item" in a)}
        read, end = {b.get("shown"): b["seq"] for b in own}, 2**62 * all(b["kind"] != "submit" for b in own)
        again = {d: n for n, ds in sorted((read.get(name, end), ds) for name, ds in rerates) if n for d in ds}
        for n, (item, task, _) in enumerate(m["items"] + [one for a in amended if a.get("to") == m["rater"] for one in a.get("items", ())], 1):
            unit, of = first.setdefault(str(origins[item]), item), origins[item]
            marks = ("01"[bool(gone & {(of["task"], True), (of["task"], of["model"])})], batch.get(item, str(int(bool(batch)))))
            facts = (unit, "12"[unit != item], str(n), *(str(of[name]) for name in names[3:7]), *marks)
            ours[-1].update(facts + row for row in fold(by_item[m["manifest"], item], dimensions, {} if aside & {item, task} else again))
    for r in data("ratings.csv"): theirs[r["rater"]][tuple(r.get(name, "0") for name in names)] += 1
    for label, rows in sorted(theirs.items()):  # whose label it is, is found by what the chains hold
        near = max(ours, key=lambda one: sum((one & rows).values()), default=Counter())
        ours = [one for one in ours if one is not near]
        yield from (f"{label} {' '.join(row)} is not in the chains" for row in rows - near or near - rows)
    yield from ("the ratings of a rater are missing" for _ in ours)
def differ(place, *figures):
    given, found = (x if x is None or isinstance(x, list) else round(float(x), 9) for x in figures)
    yield from unless(given == found, f"{place}: published {given}, recomputed {found}")
def figures():
    """level counts, percent agreement, cross-tables of an audit and mean differences follow from the tidy ratings"""
    counts, units, cells = Counter(), defaultdict(Counter), defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for r in (r for r in data("ratings.csv") if r["value"] and r["occasion"] + r["gold"] + r.get("withdrawn", "0") == "100"):
        counts[r["dimension"], r["rater"], r["value"]] += 1
        units[r["dimension"], r["unit"]][r["value"]] += 1
        cells[r["dimension"], r["model"], r["scaffold"]][r["task"]][r["rater"]].append(Fraction(r["value"]))
    for name, one in ((one["dimension"], one) for one in data("agreement.json")["dimensions"]):
        for r in one["raters"]:
            found = [counts[name, r["rater"], str(level)] for level in one["levels"]]
            yield from differ(f"agreement.json, {name} {r['rater']} counts", r["counts"], found)
        rated = [list(u.values()) for (dimension, _), u in units.items() if dimension == name]
        shares = [Fraction(sum(k * k - k for k in u), sum(u) ** 2 - sum(u)) for u in rated if sum(u) > 1]
        for c in (c for c in one["coefficients"] if (c["measure"], c.get("weights")) == ("percent_agreement", "unweighted")):
            yield from differ(f"agreement.json, {name} percent_agreement", c["value"], mean(shares) if shares else None)
    result = {"plan": {"aggregation": ""}, "cells": (), **data("coder_agreement.json" if audit() else "effects.json")}
    for c in result["cells"]:
        (a, b), levels = c["raters"], c["contingency"]["levels"]
        names = result["pooled_dimensions"] if c["cells"] == "pooled" else [c["cells"]]
        pairs = [(*t[a], *t[b]) for d in names for t in cells[d, "", ""].values() if {a, b} <= t.keys()]
        found = [[pairs.count((x, y)) for y in levels] for x in levels]
        yield from differ(f"coder_agreement.json, {c['cells']} {a} {b} table", c["contingency"]["table"], found)
    for e in result["effects"] if result["plan"]["aggregation"] == "rater_paired" else ():
        new, old = (cells[e["dimension"], e["model"], arm] for arm in (e["scaffold"], result["baseline"]))
        diffs = [[mean(new[t][r]) - mean(old[t][r]) for r in {*new[t]} & {*old[t]}] for t in {*new} & {*old}]
        found = None if e["undefined"] else mean(mean(own) for own in diffs if own)
        yield from differ(f"effects.json, {e['dimension']} {e['model']} {e['scaffold']} mean_diff", e["mean_diff"], found)
(parser := argparse.ArgumentParser()).add_argument("--lock-code", metavar="CODE", help="as it was published before the key was opened")
CODE = parser.parse_args().lock_code
failed = [ask(c) for c in (files, published, hashed, chains, tidy, figures) if CODE or c is not published]
if not CODE: print("cannot be excluded  the whole bundle was made anew: give --lock-code as it was published")
print("cannot be excluded  other figures, guesses, consensus, marks or the record were changed: not recomputed here")
sys.exit(3 if any(failed) else 0)
