//! When a release came, who had to do with it, and what it brings: by the announcement, else by the team's repository.

use super::*;
use crate::model::checklist::{Entry, Item, Mark, Person, Signed, Standing, Taken};
use crate::model::content::{Commit, Content, Found, Kind, Unread};

fn commit(id: &str, kind: Kind, breaking: bool, subject: &str) -> Commit {
    Commit { id: id.to_owned(), kind, breaking, subject: subject.to_owned() }
}

fn commits(more: bool) -> Found {
    let commits = vec![
        commit("0123456789ab", Kind::Fix, false, "积分榜排序"),
        commit("1123456789ab", Kind::Other, true, "refactor(db)!: another schema"),
        commit("2123456789ab", Kind::Feature, false, "cart: pay by card"),
        commit("3123456789ab", Kind::Improvement, true, "half the queries"),
    ];
    Found::Commits { commits, more }
}

fn nobody_said(found: Found) -> Story {
    let mut story = story("1.4.2");
    story.release.announcement = None;
    story.circumstances.content = Some(Content { since: "1.4.1".to_owned(), found });
    story
}

fn signed() -> Taken {
    let by = Person { name: "Eve".to_owned(), uid: Some(1000) };
    let signed = Signed { by, at: at(0), note: None, evidence: None };
    let mark = Mark { signed: Some(signed), ..Mark::default() };
    let item = Item { phase: "code".to_owned(), text: "reviewed".to_owned(), manual: None };
    let entry = Entry { item, mark, standing: Standing::Pass };
    Taken { entries: BTreeMap::from([("review".to_owned(), entry)]) }
}

/// Everything that can be known of it.
fn whole() -> Story {
    let mut story = nobody_said(commits(true));
    story.release.checklist = Some(signed());
    story.release.origin = Origin::Announced;
    story.release.began = at(-3_600_000);
    story.circumstances.people = [("technical-lead", "Li Lei"), ("on-call", "Ann")]
        .map(|(role, name)| (role.to_owned(), name.to_owned()))
        .to_vec();
    let acknowledged = Event::Acknowledged { incident: "web-1".to_owned(), by: "Ben".to_owned() };
    story.moments.push(Moment { at: at(9_000), event: acknowledged, deeds: Vec::new() });
    let image = "org.opencontainers.image";
    story.labels = [
        (format!("label {image}.revision"), "0123456789abcdef"),
        (format!("api label {image}.source"), "https://git.example/shop"),
        (format!("label {image}.vendor"), "nobody asks"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    story
}

fn drawn(story: &Story) -> String {
    let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
    let draw = |language, zone| {
        let texts = Texts::new(language, Some(zone));
        let drawn = markdown(story, &texts);
        drawn
            .lines()
            .take_while(|line| !line.starts_with("## 验证") && !line.starts_with("## Verif"))
            .fold(String::new(), |all, line| all + line + "\n")
    };
    draw(Language::English, TimeZone::UTC) + &draw(Language::Chinese, shanghai)
}

#[test]
fn when_it_came_who_had_to_do_with_it_and_what_it_brings() {
    insta::assert_snapshot!(drawn(&whole()));
    let json = json(&whole(), &texts());
    assert_eq!(json["times"]["announced"], "2026-03-01T09:00:00Z");
    assert_eq!(json["times"]["live"], "2026-03-01T10:00:00Z");
    assert_eq!(json["times"]["decided"], "2026-03-01T10:00:03.35Z");
    assert_eq!(json["people"]["signed"][0], "Eve (uid 1000)");
    assert_eq!(json["people"]["acknowledged"][0], "Ben");
    assert_eq!(json["people"]["to_call"][1]["role"], "on-call");
    assert_eq!(json["commits"]["commits"][3]["kind"], "improvement");
    assert_eq!((&json["commits"]["since"], &json["commits"]["more"]), (&"1.4.1".into(), &true.into()));
    assert_eq!(json["image"][1]["of"], "api");
}

#[test]
fn what_could_not_be_read_is_said() {
    let seen = || "v1.4.2".to_owned();
    let all = [
        Found::Commits { commits: Vec::new(), more: false },
        Found::Nothing(Unread::NoRepository { path: "/srv/shop".to_owned() }),
        Found::Nothing(Unread::NoTag { tag: seen() }),
        Found::Nothing(Unread::Failed { seen: seen() }),
    ];
    let mut told = String::new();
    for found in all {
        for language in [Language::English, Language::Chinese] {
            let texts = Texts::new(language, Some(TimeZone::UTC));
            let drawn = markdown(&nobody_said(found.clone()), &texts);
            let line = drawn.lines().find(|line| line.contains("1.4.1") && !line.contains("Restored"));
            told += &format!("{}\n", line.unwrap());
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn what_others_wrote_marks_nothing_up() {
    let mut story = whole();
    let found = Found::Commits { commits: vec![commit(HOSTILE, Kind::Fix, false, HOSTILE)], more: false };
    story.circumstances.content = Some(Content { since: HOSTILE.to_owned(), found });
    story.circumstances.people = vec![(HOSTILE.to_owned(), HOSTILE.to_owned())];
    let acknowledged = Event::Acknowledged { incident: String::new(), by: HOSTILE.to_owned() };
    story.moments.push(Moment { at: at(9_000), event: acknowledged, deeds: Vec::new() });
    let name = format!("{HOSTILE} label org.opencontainers.image.revision");
    story.labels = BTreeMap::from([(name, HOSTILE.to_owned())]);
    let drawn = markdown(&story, &texts());
    assert!(!drawn.contains('\u{1b}') && !drawn.contains('\u{202e}'), "{drawn}");
    let drawn = drawn.replace("\\<", "").replace("\\]", "");
    assert!(!drawn.contains("<img") && !drawn.contains("](http"), "{drawn}");
    assert_eq!(drawn.matches("\n# ").count() + drawn.matches("\n## Result").count(), 1, "{drawn}");
    let page = html(&story, &texts());
    assert!(!page.contains("<img") && !page.contains('\u{202e}'), "{page}");
}
