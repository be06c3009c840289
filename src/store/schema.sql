CREATE TABLE service (
    name  TEXT PRIMARY KEY,
    facts TEXT NOT NULL
) STRICT;

CREATE TABLE release (
    id      TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    version TEXT NOT NULL,
    state   TEXT NOT NULL,
    began   TEXT NOT NULL,
    changed TEXT NOT NULL,
    json    TEXT NOT NULL
) STRICT;
CREATE INDEX release_by_service ON release (service, began);

CREATE TABLE filing (
    seq     INTEGER PRIMARY KEY,
    release TEXT NOT NULL,
    at      TEXT NOT NULL,
    state   TEXT NOT NULL,
    asked   INTEGER NOT NULL,
    reason  TEXT
) STRICT;
CREATE INDEX filing_by_release ON filing (release, seq);

CREATE TABLE event (
    seq     INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,
    service TEXT,
    release TEXT,
    json    TEXT NOT NULL,
    actions TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_release ON event (release, seq);

CREATE TABLE incident (
    id      TEXT PRIMARY KEY,
    service TEXT,
    tier    TEXT NOT NULL,
    state   TEXT NOT NULL,
    began   TEXT NOT NULL,
    json    TEXT NOT NULL
) STRICT;

CREATE TABLE spec (
    release TEXT PRIMARY KEY,
    image   TEXT NOT NULL,
    inspect TEXT NOT NULL
) STRICT;

CREATE TABLE forensics (
    release TEXT PRIMARY KEY,
    inspect TEXT NOT NULL,
    logs    TEXT NOT NULL,
    exit    INTEGER,
    oom     INTEGER NOT NULL
) STRICT;

CREATE TABLE letter (
    id       INTEGER PRIMARY KEY,
    notice   TEXT NOT NULL,
    channel  TEXT NOT NULL,
    address  TEXT NOT NULL,
    tier     INTEGER NOT NULL,
    state    TEXT NOT NULL DEFAULT 'pending',
    created  TEXT NOT NULL,
    due      TEXT NOT NULL,
    expires  TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    answer   TEXT,
    settled  TEXT,
    json     TEXT NOT NULL,
    UNIQUE (notice, channel, address)
) STRICT;
CREATE INDEX letter_by_due ON letter (state, due);
