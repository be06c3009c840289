//! Drills that are made by themselves.

use std::time::Duration;

use super::{SERVICE, load};
use crate::model::drill::{Level, Schedule};

fn with(table: &str) -> String {
    format!("{SERVICE}[service.api.drill]\n{table}")
}

#[test]
fn they_are_made_by_themselves_where_it_is_said_how_often() {
    let read = |text: &str| {
        let service = load(text).unwrap().services["api"].clone();
        (service.policy.drill, service.drill_starts)
    };
    let day = Duration::from_hours(24);
    let scheduled = |level| Some(Schedule { every: 30 * day, level });
    assert_eq!(read(SERVICE), (None, false));
    assert_eq!(read(&with("every = \"30d\"")), (scheduled(Level::Ready), false));
    assert_eq!(
        read(&with("every = \"30d\"\nlevel = \"steps\"\nstart = true")),
        (scheduled(Level::Steps), true)
    );
    assert_eq!(read(&with("start = true")), (None, true), "for those that are asked for");
    let window = "[service.api.maintenance]\nwindows = [\"daily 02:00-04:00\"]\n";
    let swaps = format!("{}\n{window}", with("every = \"30d\"\nlevel = \"swap\""));
    assert_eq!(read(&swaps), (scheduled(Level::Swap), false));
    assert_eq!(read(&with("level = \"swap\"")), (None, false), "for those that are asked for");
    assert_eq!(read(&with("every = false")), (None, false));
    assert_eq!(read(&with("every = \"1h\"")).0.map(|it| it.every), Some(day / 24));
}

#[test]
fn what_makes_no_sense_is_said() {
    let commands = "[service.api]\nhealth.page.url = \"http://127.0.0.1:8080/\"\n\
                    command = { version = [\"v\"], rollback = [\"r\", \"{to}\"] }\n[service.api.drill]\n";
    let cases = [
        (with("every = \"59m\""), "is shorter than 1h"),
        (with("every = \"367d\""), "is longer than 366d"),
        (with("every = 30"), "30 has no unit"),
        (with("level = \"swop\""), "did you mean \"swap\"?"),
        (with("every = \"30d\"\nlevel = \"swap\""), "by itself in a maintenance window only"),
        (with("start = \"yes\""), "true or false"),
        (with("evry = \"30d\""), "did you mean `every`?"),
        (format!("{commands}level = \"steps\""), "needs containers of this engine"),
        (format!("{commands}start = true"), "needs containers of this engine"),
    ];
    for (text, said) in cases {
        let told = load(&text).unwrap_err().to_string();
        assert!(told.contains(said), "{text}: {told}");
    }
    assert!(load(&format!("{commands}every = \"30d\"")).is_ok());
}
