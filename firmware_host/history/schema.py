"""The history's tables, as the list of steps that lead to them: step n takes a file of version n to n + 1.

A step that has been released is never edited; a change is a new step at the end. Units stand in the names;
`*_s` are seconds on the run's monotonic clock (`t_s`, `start_s`, `end_s`) or lengths of time, `at` is the wall
clock, RFC 3339, UTC. `flags` are words with a blank between; `verdicts`, `prompted`, `per_leg_s` and `advice` are
JSON.
"""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE sessions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        started_at TEXT NOT NULL,
        ended_at TEXT NOT NULL,
        phase TEXT NOT NULL DEFAULT 'unknown',
        profile TEXT,
        routine TEXT,
        ended TEXT,                     -- NULL while it runs; 'interrupted': the program was killed
        work_s REAL NOT NULL DEFAULT 0,
        in_guidance REAL,               -- NULL: not known, as in an interrupted session
        per_leg_s TEXT NOT NULL DEFAULT '{}',
        advice TEXT NOT NULL DEFAULT '[]',
        recording TEXT                  -- name of the recording, without .jsonl or .jsonl.gz
    );
    CREATE INDEX sessions_by_time ON sessions (started_at);
    CREATE TABLE sets (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        at TEXT NOT NULL, t_s REAL NOT NULL, tool TEXT, muscle TEXT, side TEXT,
        start_s REAL NOT NULL, end_s REAL NOT NULL, duration_s REAL NOT NULL, work_s REAL NOT NULL,
        passes INTEGER NOT NULL, short_passes INTEGER NOT NULL, holds INTEGER NOT NULL, hold_s REAL NOT NULL,
        distance_m REAL NOT NULL, mean_speed_m_s REAL NOT NULL, in_guidance REAL,
        mean_force_n REAL, peak_force_n REAL, force_source TEXT NOT NULL, verdicts TEXT NOT NULL
    );
    CREATE INDEX sets_by_session ON sets (session_id);
    CREATE TABLE passes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        set_id INTEGER REFERENCES sets ON DELETE SET NULL,  -- NULL: its set was too short to keep, or runs
        at TEXT NOT NULL, t_s REAL NOT NULL, tool TEXT, muscle TEXT, side TEXT,
        kind TEXT NOT NULL,             -- 'pass' or 'short_pass'
        start_s REAL NOT NULL, end_s REAL NOT NULL, direction INTEGER NOT NULL, length_m REAL NOT NULL,
        mean_speed_m_s REAL NOT NULL, peak_speed_m_s REAL NOT NULL, smoothness REAL,
        mean_force_n REAL, peak_force_n REAL, coverage REAL, flags TEXT NOT NULL
    );
    CREATE INDEX passes_by_session ON passes (session_id);
    CREATE INDEX passes_by_set ON passes (set_id);
    CREATE TABLE holds (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        set_id INTEGER REFERENCES sets ON DELETE SET NULL,
        at TEXT NOT NULL, t_s REAL NOT NULL, tool TEXT, muscle TEXT, side TEXT,
        start_s REAL NOT NULL, end_s REAL NOT NULL, duration_s REAL NOT NULL,
        position_m REAL NOT NULL, position_sd_m REAL NOT NULL, excursion_m REAL NOT NULL,
        mean_force_n REAL, flags TEXT NOT NULL
    );
    CREATE INDEX holds_by_session ON holds (session_id);
    CREATE INDEX holds_by_set ON holds (set_id);
    CREATE TABLE spots (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        at TEXT NOT NULL, t_s REAL NOT NULL, tool TEXT, muscle TEXT, side TEXT,
        position_m REAL NOT NULL, position_sd_m REAL NOT NULL, rating INTEGER
    );
    CREATE INDEX spots_by_session ON spots (session_id);
    CREATE TABLE cues (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
        at TEXT NOT NULL, t_s REAL NOT NULL, tool TEXT, muscle TEXT, side TEXT,
        cue TEXT NOT NULL, value REAL, limit_value REAL, unit TEXT NOT NULL, source TEXT NOT NULL
    );
    CREATE INDEX cues_by_session ON cues (session_id);
    CREATE TABLE ratings (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        session_id INTEGER REFERENCES sessions ON DELETE CASCADE,  -- NULL: given apart from any session
        at TEXT NOT NULL, t_s REAL NOT NULL, tool TEXT, muscle TEXT, side TEXT,
        kind TEXT NOT NULL,             -- 'rate' or 'soreness'
        value INTEGER NOT NULL,         -- 0-10
        moment TEXT                     -- 'before' or 'after'
    );
    CREATE INDEX ratings_by_session ON ratings (session_id);
    """,
    """
    ALTER TABLE sets ADD COLUMN tool_kind TEXT;              -- NULL: kept before kinds were, or not known
    ALTER TABLE sets ADD COLUMN work_source TEXT NOT NULL DEFAULT 'measured';   -- or 'declared': timed, by hand
    ALTER TABLE sets ADD COLUMN prompted TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE sets ADD COLUMN belly_share REAL;
    ALTER TABLE sets ADD COLUMN stacked INTEGER;             -- NULL: not measured
    ALTER TABLE spots ADD COLUMN marked_by TEXT NOT NULL DEFAULT 'person';      -- or 'hold'
    ALTER TABLE spots ADD COLUMN rated_s REAL;               -- on the run's clock, as t_s
    CREATE INDEX sets_by_time ON sets (at);
    CREATE TABLE pains (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        session_id INTEGER REFERENCES sessions ON DELETE CASCADE,  -- NULL: of no session that was kept
        at TEXT NOT NULL, t_s REAL NOT NULL, tool TEXT, muscle TEXT, side TEXT
    );
    CREATE INDEX pains_by_session ON pains (session_id);
    INSERT INTO pains (session_id, at, t_s, tool, muscle, side)
        SELECT session_id, at, t_s, tool, muscle, side FROM cues WHERE cue = 'stop_pain' ORDER BY id;
    """,
)
