-- A service's state, whole.
CREATE TABLE service (
    name  TEXT PRIMARY KEY,
    facts TEXT NOT NULL
) STRICT;

-- States that could not be read, as they were.
CREATE TABLE unread (
    name  TEXT PRIMARY KEY,
    facts TEXT NOT NULL
) STRICT;

-- The number of the last batch that was stored.
CREATE TABLE batch (
    id     INTEGER PRIMARY KEY CHECK (id = 0),
    number INTEGER NOT NULL
) STRICT;

-- How the clock went that the times here are of.
CREATE TABLE anchor (
    id   INTEGER PRIMARY KEY CHECK (id = 0),
    boot TEXT NOT NULL,
    up   INTEGER NOT NULL,
    wall TEXT NOT NULL
) STRICT;

CREATE TABLE release (
    id         TEXT PRIMARY KEY,
    service    TEXT NOT NULL,
    version    TEXT NOT NULL,
    state      TEXT NOT NULL,
    started_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    json       TEXT NOT NULL,
    shadow     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX release_by_service ON release (service, started_at);
CREATE INDEX release_by_age ON release (started_at DESC, id DESC);
CREATE INDEX release_by_change ON release (updated_at);
CREATE INDEX release_by_turn ON release
    (iif(json_valid(json), json ->> '$.running' IS NULL, 1), updated_at DESC, started_at DESC, id DESC);
CREATE INDEX release_by_turn_of ON release
    (service, iif(json_valid(json), json ->> '$.running' IS NULL, 1), updated_at DESC, started_at DESC, id DESC);
CREATE INDEX release_sums ON release (service, state, shadow, id);

-- What a release became, entry by entry.
CREATE TABLE filing (
    seq     INTEGER PRIMARY KEY,
    release TEXT NOT NULL,
    at      TEXT NOT NULL,
    state   TEXT NOT NULL,
    asked   INTEGER NOT NULL,
    reason  TEXT
) STRICT;
CREATE INDEX filing_by_release ON filing (release, seq);

-- What happened, and what it led to: a row each while a release is at hand.
CREATE TABLE event (
    seq     INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,
    service TEXT,
    release TEXT,
    json    TEXT NOT NULL,
    actions TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_release ON event (release, seq);
CREATE INDEX event_of_none ON event (at) WHERE release IS NULL;

-- The same of a decided release, in one.
CREATE TABLE packed (
    release TEXT PRIMARY KEY,
    at      TEXT NOT NULL,
    thin    INTEGER NOT NULL DEFAULT 0,
    lines   BLOB NOT NULL
) STRICT;
CREATE INDEX packed_by_age ON packed (at) WHERE NOT thin;

CREATE TABLE incident (
    id         TEXT PRIMARY KEY,
    service    TEXT,
    tier       TEXT NOT NULL,
    state      TEXT NOT NULL,
    started_at TEXT NOT NULL,
    json       TEXT NOT NULL
) STRICT;
CREATE INDEX incident_by_age ON incident (started_at DESC, id DESC);
CREATE INDEX incident_own ON incident (started_at) WHERE service IS NULL AND state <> 'resolved';

-- What a release can be made again from.
CREATE TABLE release_spec (
    release TEXT PRIMARY KEY,
    image   TEXT NOT NULL,
    inspect TEXT NOT NULL
) STRICT;

-- How a release was configured, with a hash in place of what may be secret, and the key of those.
CREATE TABLE settings (
    release TEXT PRIMARY KEY,
    key     TEXT NOT NULL,
    json    TEXT NOT NULL
) STRICT;

-- What stands in the way of going back to a release that is kept, as it was found last.
CREATE TABLE readiness (
    release  TEXT PRIMARY KEY,
    at       TEXT NOT NULL,
    problems TEXT NOT NULL
) STRICT;

-- What was found of a bad release before it was taken away.
CREATE TABLE evidence (
    release TEXT PRIMARY KEY,
    inspect TEXT NOT NULL,
    logs    TEXT NOT NULL,
    exit    INTEGER,
    oom     INTEGER NOT NULL,
    events  TEXT NOT NULL DEFAULT ''
) STRICT;

-- A notice to an address; where it has a bundle, it is told in that one's message.
CREATE TABLE delivery (
    id              INTEGER PRIMARY KEY,
    notice          TEXT NOT NULL,
    channel         TEXT NOT NULL,
    address         TEXT NOT NULL,
    tier            INTEGER NOT NULL,
    state           TEXT NOT NULL DEFAULT 'pending',
    created_at      TEXT NOT NULL,
    next_attempt_at TEXT NOT NULL,
    expires_at      TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    response        TEXT,
    finished_at     TEXT,
    json            TEXT NOT NULL,
    incident        TEXT NOT NULL DEFAULT '',
    digest          INTEGER NOT NULL DEFAULT 0,
    bundle          INTEGER,
    UNIQUE (notice, channel, address)
) STRICT;
CREATE INDEX delivery_by_due ON delivery (state, next_attempt_at);
CREATE INDEX delivery_by_address ON delivery (channel, address, state, incident);
CREATE INDEX delivery_by_bundle ON delivery (bundle) WHERE bundle IS NOT NULL;
CREATE INDEX delivery_by_turn ON delivery (channel, address, tier DESC, id) WHERE state = 'pending' AND bundle IS NULL;
CREATE INDEX delivery_by_end ON delivery (expires_at) WHERE state = 'pending' AND bundle IS NULL;
CREATE INDEX delivery_by_age ON delivery (created_at) WHERE state <> 'pending';
CREATE INDEX delivery_confirmed ON delivery (channel, address, finished_at) WHERE state = 'sent';

-- Where an incident's first message stands at each address.
CREATE TABLE message_thread (
    incident TEXT NOT NULL,
    channel  TEXT NOT NULL,
    address  TEXT NOT NULL,
    place    TEXT NOT NULL,
    PRIMARY KEY (incident, channel, address)
) STRICT, WITHOUT ROWID;

-- What signs the links in alerts.
CREATE TABLE link_key (
    id  INTEGER PRIMARY KEY CHECK (id = 0),
    key BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;

-- Signatures of links that were used, and when those end anyway, in seconds since 1970.
CREATE TABLE link_used (
    sign  TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What became of releases, entry by entry, each chained to the one before and signed. An entry is never changed; of an old
-- one the payload is dropped.
CREATE TABLE chain (
    seq     INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,
    release TEXT,
    kind    TEXT NOT NULL,
    payload BLOB,
    prev    BLOB NOT NULL,
    hash    BLOB NOT NULL,
    sig     BLOB NOT NULL
) STRICT;
CREATE INDEX chain_by_release ON chain (release, seq);
CREATE INDEX chain_by_kind ON chain (kind, seq);
CREATE INDEX chain_by_age ON chain (at) WHERE payload IS NOT NULL;

-- Entries of the chain that promise something by a day, of which people were told that it is over.
CREATE TABLE overdue (
    entry INTEGER PRIMARY KEY
) STRICT;

-- What was so when a release came: who was to be called, what it brings.
CREATE TABLE circumstances (
    release TEXT PRIMARY KEY,
    json    TEXT NOT NULL
) STRICT;
