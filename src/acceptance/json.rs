//! Items as programs read them (contract §3).

use serde_json::{Value, json};

use crate::model::acceptance::{Item, Spread};

/// One item, alone or beside others.
pub fn item(item: &Item) -> Value {
    let (group, outcome): (&str, &str) = (item.group.into(), item.verdict.into());
    let unit: Option<&str> = item.figure.map(|figure| figure.unit.into());
    json!({
        "name": item.name,
        "kind": item.kind,
        "group": group,
        "phase": null,
        "outcome": outcome,
        "value": item.figure.map(|figure| figure.value),
        "limit": item.figure.and_then(|figure| figure.limit),
        "unit": unit,
        "message": item.message,
        "duration_seconds": item.took.as_secs_f64(),
        "signed_by": null,
        "signed_at": null,
        "note": null,
        "figures": figures(item),
    })
}

/// All that was measured of it, by name, times in seconds; null where there is one value alone.
pub fn figures(item: &Item) -> Value {
    match (&item.load, item.spread) {
        (Some(load), _) => json!(load),
        (None, Some(Spread { answered, median, p95, max })) => {
            json!({ "answered": answered, "p50": median, "p95": p95, "max": max })
        }
        (None, None) => Value::Null,
    }
}
