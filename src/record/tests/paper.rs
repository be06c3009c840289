//! The record as one file for a browser and for paper, and what it says of settings.

use super::*;
use crate::model::notice::{News, Tier};
use crate::store::{Changes, Told};

fn changes(text: &str) -> Changes {
    let hash = |digits: &str| Some(digits.to_owned());
    let settings = [
        ("env API_KEY".to_owned(), (hash("3f9a41c07be2d518"), hash("77b10e2c94af5d03"))),
        ("port 80/tcp".to_owned(), (None, Some(text.to_owned()))),
        ("memory limit".to_owned(), (Some("1024".to_owned()), None)),
    ];
    Changes { since: text.to_owned(), settings: settings.into() }
}

fn changed(text: &str) -> Story {
    Story { changes: Some(changes(text)), ..story(text) }
}

#[test]
fn one_file_has_all_of_it_and_no_script() {
    let record = html(&changed("1.4.2"), &texts());
    for wanted in [
        "<!DOCTYPE html>\n<html lang=\"en\">",
        "<title>Release record: web 1.4.2</title>",
        "@page { size: A4;",
        "<h2>Verification</h2>",
        "<tr><th scope=\"row\">Status</th><td>failure (rolled-back)</td></tr>",
        "<figcaption>http, 1 failed</figcaption>",
        "<pre>line 11\n",
    ] {
        assert!(record.contains(wanted), "{wanted}\n{record}");
    }
    for part in ["html", "head", "body", "section", "table", "tr", "figure", "svg", "pre", "style"] {
        let opened =
            record.matches(&format!("<{part}>")).count() + record.matches(&format!("<{part} ")).count();
        assert_eq!(opened, record.matches(&format!("</{part}>")).count(), "{part}\n{record}");
    }
    for never in ["<script", "javascript:", "http://", "https://", "src=", "href=", "url("] {
        assert!(!record.contains(never), "{never}\n{record}");
    }
    let chinese = html(&story("1.4.2"), &Texts::new(Language::Chinese, Some(TimeZone::UTC)));
    assert!(chinese.contains("<html lang=\"zh-CN\">") && chinese.contains("<h2>验证结果</h2>"), "{chinese}");
}

#[test]
fn nothing_that_somebody_wrote_is_markup() {
    let (plain, hostile) = (html(&changed("1.4.2"), &texts()), html(&changed(HOSTILE), &texts()));
    assert_eq!(plain.matches('<').count(), hostile.matches('<').count(), "{hostile}");
    assert!(!hostile.contains(['\u{1b}', '\u{202e}', '\r']), "{hostile}");
    assert_eq!(sheet::escaped("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
}

#[test]
fn what_a_release_changed_of_its_settings_is_told() {
    let record = markdown(&changed("1.4.2"), &texts());
    for line in [
        "- **Changed since 1.4.2**: env API\\_KEY: 3f9a41c07be2d518 → 77b10e2c94af5d03",
        "- **Changed since 1.4.2**: port 80/tcp: not set → 1.4.2",
        "- **Changed since 1.4.2**: memory limit: 1024 → not set",
    ] {
        assert!(record.lines().any(|it| it == line), "{line}\n{record}");
    }
    let record = json(&changed("1.4.2"), &texts());
    assert_eq!(record["changes"]["settings"]["memory limit"], json!({"before": "1024", "after": null}));
    assert!(json(&story("1.4.2"), &texts())["changes"].is_null(), "what is not known is not told");
    let same = Changes { since: "1.4.1".to_owned(), settings: BTreeMap::new() };
    let record = markdown(&Story { changes: Some(same), ..story("1.4.2") }, &texts());
    assert!(record.contains("nothing of how it is configured"), "{record}");
    let many = (0..150).map(|number| (format!("label {number}"), (None, Some("x".to_owned())))).collect();
    let many = Changes { since: "1.4.1".to_owned(), settings: many };
    let record = markdown(&Story { changes: Some(many), ..story("1.4.2") }, &texts());
    assert!(record.contains("and 50 more settings"), "{record}");
}

/// What is signed is short, and no log, no sample and no description of the container is in it.
#[test]
fn what_is_chained_in_has_digests_of_what_is_long() {
    let facts = facts(&changed("1.4.2"));
    assert_eq!(facts["result"], "failure");
    assert_eq!(facts["evidence"]["exit_code"], 137);
    assert_eq!(facts["evidence"]["sha256"].as_str().unwrap().len(), 64);
    for elsewhere in ["samples", "chain", "notes", "follow_ups"] {
        assert!(facts[elsewhere].is_null(), "{elsewhere}");
    }
    let text = facts.to_string();
    assert!(!text.contains("hunter2") && !text.contains("line 29"), "{text}");
}

#[test]
fn who_was_told_and_what_their_provider_answered_is_in_it() {
    let told = |number: i64, state: &str, text: &str| Told {
        at: at(number * 1000),
        notice: plain::notice(News::ReleaseAccepted, Tier::General),
        channel: "mail".to_owned(),
        address: text.to_owned(),
        state: state.to_owned(),
        answer: Some(text.to_owned()),
    };
    let states = ["sent", "pending", "given-up", "expired", "void"];
    let some: Vec<Told> = states.iter().map(|state| told(1, state, HOSTILE)).collect();
    let record = markdown(&Story { told: some, ..story("1.4.2") }, &texts());
    assert!(record.contains("## People told\n") && !record.contains("record.told"), "{record}");
    assert!(!record.contains(['\u{1b}', '\u{202e}', '\r']), "{record}");
    let many = (0..60).map(|number| told(number, "sent", "250 ok")).collect();
    let many = Story { told: many, ..story("1.4.2") };
    let record = markdown(&many, &texts());
    assert!(record.contains("\n10 more before these.\n"), "{record}");
    assert_eq!(record.matches("; mail 250 ok: sent (250 ok)").count(), 50, "{record}");
    assert_eq!(json(&many, &texts())["notifications"].as_array().unwrap().len(), 60);
    assert!(!markdown(&story("1.4.2"), &texts()).contains("People told"), "nobody was");
}
