//! One notice of every kind, with everything in it, and one with as little as there can be.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::notice::{News, Notice, Place, Tier};
use crate::model::reason::{Blame, Reason};
use crate::model::sample::{Outcome, Sample};

pub(in crate::notify) fn notices() -> Vec<Notice> {
    News::one_of_each().into_iter().flat_map(|news| [full(news.clone()), bare(news)]).collect()
}

fn full(news: News) -> Notice {
    let at = Timestamp::UNIX_EPOCH;
    let seen = || "status 503".to_owned();
    Notice {
        tier: Tier::Urgent,
        service: Some("web".to_owned()),
        release: Some("web-20260301-100000".to_owned()),
        from: Some("1.4.2".to_owned()),
        to: Some("1.4.1".to_owned()),
        reason: Some(Reason::Health { check: "http".to_owned(), failures: 3, limit: 3, seen: seen() }),
        blame: Some(Blame::Release { neighbours: 2 }),
        evidence: vec![Sample {
            check: "http".to_owned(),
            began: at,
            took: Duration::from_millis(350),
            outcome: Outcome::Failed(seen()),
        }],
        acknowledgeable: true,
        ..bare(news)
    }
}

fn bare(news: News) -> Notice {
    Notice {
        id: "web-1.1".to_owned(),
        incident: "web-1".to_owned(),
        tier: Tier::General,
        news,
        service: None,
        at: Timestamp::UNIX_EPOCH,
        release: None,
        from: None,
        to: None,
        reason: None,
        blame: None,
        evidence: Vec::new(),
        acknowledgeable: false,
        place: Place::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_kind_of_news_is_left_out() {
        let table: toml::Table = include_str!("../../text/en.toml").parse().unwrap();
        let told: BTreeSet<&str> = table["news"].as_table().unwrap().keys().map(String::as_str).collect();
        assert_eq!(News::one_of_each().iter().map(News::into_str).collect::<BTreeSet<_>>(), told);
    }
}
