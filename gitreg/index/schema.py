"""The tables of the index. A change of anything here raises `SCHEMA_VERSION`, and every index is built anew."""

from __future__ import annotations

SCHEMA_VERSION = 8

SCHEMA = """
CREATE TABLE tips (what TEXT, ref TEXT, commit_id TEXT, boundary TEXT, PRIMARY KEY (what, ref)) WITHOUT ROWID;
CREATE TABLE line (ref TEXT, position INTEGER, commit_id TEXT, PRIMARY KEY (ref, position)) WITHOUT ROWID;
CREATE INDEX line_by_commit ON line (ref, commit_id);
CREATE TABLE history (
    ref TEXT, path TEXT, position INTEGER, commit_id TEXT, object_id TEXT, PRIMARY KEY (ref, path, position)
) WITHOUT ROWID;
CREATE INDEX history_by_position ON history (ref, position);

CREATE TABLE records (
    path TEXT PRIMARY KEY, run_id TEXT NOT NULL, writer TEXT NOT NULL, subject TEXT NOT NULL,
    experiment TEXT NOT NULL, name TEXT NOT NULL,
    first TEXT NOT NULL, last TEXT NOT NULL, status TEXT NOT NULL, -- attempts: start, id
    document BLOB NOT NULL
);
CREATE INDEX records_by_run ON records (run_id);
CREATE INDEX records_by_subject ON records (subject);
CREATE TABLE runs (
    run INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, reversed_id TEXT NOT NULL,
    experiment TEXT NOT NULL, name TEXT NOT NULL, started_at TEXT NOT NULL, status TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    fields BLOB NOT NULL -- those in which it has a cell
);
CREATE INDEX runs_by_end ON runs (reversed_id);
CREATE INDEX runs_by_name ON runs (name);
CREATE INDEX runs_by_start ON runs (deleted, started_at, run_id);
CREATE INDEX runs_by_experiment ON runs (experiment, deleted, started_at, run_id);
CREATE TABLE fields (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, dataset TEXT NOT NULL, part TEXT NOT NULL,
    UNIQUE (kind, key, dataset, part)
);
CREATE TABLE cells (
    field INTEGER, segment INTEGER, exact INTEGER NOT NULL, buckets BLOB NOT NULL, edges BLOB NOT NULL,
    data BLOB NOT NULL, -- last: who needs the buckets alone does not read it
    PRIMARY KEY (field, segment)
) WITHOUT ROWID;
CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);
CREATE TABLE uses (run INTEGER, name TEXT, role TEXT, digest TEXT, PRIMARY KEY (run, name, role)) WITHOUT ROWID;
CREATE INDEX uses_by_name ON uses (name, run);
CREATE INDEX uses_by_digest ON uses (digest, run);
CREATE TABLE notes (path TEXT PRIMARY KEY, subject TEXT NOT NULL, name TEXT NOT NULL, document BLOB NOT NULL);
CREATE INDEX notes_by_subject ON notes (subject);
CREATE TABLE versions (
    path TEXT PRIMARY KEY, model TEXT NOT NULL, number INTEGER NOT NULL, digest TEXT NOT NULL, document BLOB NOT NULL
);
CREATE INDEX versions_by_model ON versions (model, number);
CREATE INDEX versions_by_digest ON versions (digest);
CREATE TABLE facts (path TEXT PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL, document BLOB NOT NULL);
CREATE INDEX facts_by_owner ON facts (kind, owner);
CREATE TABLE unreadable (path TEXT PRIMARY KEY, reason TEXT NOT NULL);

CREATE TABLE verdicts (
    commit_id TEXT, key TEXT, verdict TEXT NOT NULL, PRIMARY KEY (commit_id, key)
) WITHOUT ROWID;
"""
