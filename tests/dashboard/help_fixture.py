"""Help of the shape that firmware_host/explanations.py gives, small enough to read in a test."""

from __future__ import annotations

from typing import Any

import msgspec

from firmware_host.dashboard.documents import NO_SCRIPTS, Document

HELP: dict[str, Any] = {
    "profile": "article",
    "profiles": [
        {"name": "article", "about": "The article's windows and durations, 2-4 s a pass."},
        {"name": "scan", "about": "About an inch a second, as trainers teach it."},
    ],
    "routines": [
        {
            "name": "post-run-legs",
            "title": "Post-run legs",
            "about": "All six muscle groups in the article's order, both sides.",
            "source": "the article",
        },
        {"name": "quick", "title": "Quick five minutes", "about": "Calves, hamstrings, quadriceps.", "source": ""},
        {"name": "stick", "title": "Calves and shins with the stick", "about": "Sitting on a chair.", "source": ""},
        {"name": "one-muscle", "title": "One muscle", "about": "The muscle that is chosen, both sides.", "source": ""},
    ],
    "checklist": {
        "title": "Before you roll for the first time",
        "intro": "Leave it, or ask a doctor first, if any of these is true for you.",
        "items": [
            {"text": "A fracture, or a muscle or tendon that may be torn.", "kind": "do_not", "source": "S23 [abs]"},
            {"text": "A thrombosis, now or before.", "kind": "do_not", "source": "S23 [abs]"},
            {"text": "High blood pressure, osteoporosis or pregnancy.", "kind": "ask_first", "source": "S24 [sec]"},
        ],
        "source": "Delphi consensus of 37 experts (S23)",
    },
    "rules": [
        {
            "id": "G2",
            "title": "Slow, controlled movements",
            "wants": "Roll slowly, without jerks.",
            "numbers": [
                {"place": "muscles.calves.mean_speed_m_s", "value": "0.093 m/s"},
                {"place": "muscles.calves.live_speed_m_s", "value": "0.187 m/s"},
            ],
            "source": "Behm 2020 (S1) [abs]",
            "how": "measured",
            "built": "yes",
            "where": "coaching/judging.py",
            "cues": ["slow_down", "smooth_out"],
        },
        {
            "id": "M1d",
            "title": "Rotate the leg inward and outward",
            "wants": "Turn the leg so that the sides of the muscle are reached too.",
            "numbers": [],
            "source": "the article",
            "how": "prompted",
            "built": "yes",
            "where": "",
            "cues": ["rotate_leg"],
        },
    ],
    "cues": [
        {
            "name": "slow_down",
            "words": "Slow down.",
            "when": "The mean of a pass is over the mean limit, or speed is over the live limit for 0.3 s.",
            "numbers": [{"place": "muscles.calves.live_speed_m_s", "value": "0.187 m/s"}],
            "source": "Behm 2020 (S1) [abs]",
            "how": "measured",
            "rules": ["G2"],
        },
        {
            "name": "rotate_leg",
            "words": "Turn the leg a little.",
            "when": "Every 4 passes of a set.",
            "numbers": [],
            "source": "the article",
            "how": "prompted",
            "rules": ["M1d"],
        },
    ],
    "topics": [
        {"title": "How long?", "text": "5 to 10 minutes after a run, or several times a week.", "source": "the article"}
    ],
    "sources": [{"id": "S1", "where": "pubmed 33105383"}, {"id": "S23", "where": "doi 10.3390/jcm10225360"}],
    "legend": "[abs] abstract seen; [sec] second-hand; [drv] derived by this project.",
}
DOCUMENTS = {
    "/help.json": Document(make=lambda: msgspec.json.encode(HELP), content_type="application/json"),
    "/report": Document(
        make=lambda: b"<!doctype html><title>Report</title><style>p{color:navy}</style><p>Four weeks",
        content_type="text/html; charset=utf-8",
        policy=NO_SCRIPTS,
    ),
}
