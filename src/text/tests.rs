use super::*;
use crate::model::acceptance::{Item, Verdict};
use crate::model::checklist::Objection;
use crate::model::figure::Figure;
use crate::model::refusal::Refusal;
use crate::model::remark::Task;
use crate::model::tests as plain;

const LANGUAGES: [Language; 2] = [Language::English, Language::Chinese];

fn texts(language: Language) -> Texts {
    Texts::new(language, Some(TimeZone::UTC))
}

fn notice(news: News, reason: Option<Reason>) -> Notice {
    Notice {
        release: Some("web-1".to_owned()),
        from: Some("1.4.2".to_owned()),
        to: Some("1.4.1".to_owned()),
        reason,
        ..plain::notice(news, Tier::Urgent)
    }
}

fn short_item(verdict: Verdict) -> Item {
    Item { figure: Some(Figure::seconds(0.64, Some(0.5))), ..plain::item("SEEN", verdict, "SEEN") }
}

fn task(owner: Option<String>) -> Task {
    Task { text: "SEEN".to_owned(), owner, due: jiff::civil::date(2026, 3, 15) }
}

fn all_reasons() -> Vec<Reason> {
    let text = || "SEEN".to_owned();
    let cause = || Box::new(Reason::Said(text()));
    vec![
        Reason::Health { check: text(), failures: 3, limit: 3, seen: text() },
        Reason::Acceptance { of: 9, short: vec![short_item(Verdict::Fail), short_item(Verdict::NoData)] },
        Reason::Person { by: text(), why: None },
        Reason::Person { by: text(), why: Some(text()) },
        Reason::Accepted {
            by: text(),
            why: Some(text()),
            unwatched: Duration::from_secs(35),
            unpassed: vec![text()],
            despite: Some(cause()),
        },
        Reason::Accepted {
            by: text(),
            why: None,
            unwatched: Duration::ZERO,
            unpassed: Vec::new(),
            despite: None,
        },
        Reason::Blind { check: text(), lasted: Duration::from_mins(3), seen: text() },
        Reason::Undecided { check: text() },
        Reason::OnHold { why: None, cause: cause() },
        Reason::OnHold { why: Some(text()), cause: cause() },
        Reason::AskFirst(cause()),
        Reason::Irreversible { why: text(), cause: cause() },
        Reason::NothingAccepted(cause()),
        Reason::Budget { per_day: 3, cause: cause() },
        Reason::Budget { per_day: 0, cause: cause() },
        Reason::Maintenance { until: Timestamp::UNIX_EPOCH, cause: cause() },
        Reason::Frozen { until: Timestamp::UNIX_EPOCH },
        Reason::Quarantined { version: text(), at: Timestamp::UNIX_EPOCH, same: true, cause: cause() },
        Reason::Quarantined { version: text(), at: Timestamp::UNIX_EPOCH, same: false, cause: cause() },
        Reason::Overdue { tasks: vec![task(None), task(Some(text()))], more: 0 },
        Reason::Overdue { tasks: vec![task(None)], more: 3 },
        Reason::Unheard(cause()),
        Reason::Step { step: Step::Stop, seen: text() },
        Reason::Stuck { undo: None, runs: Runs::Unknown, cause: cause() },
        Reason::Stuck { undo: Some(text()), runs: Runs::Nothing, cause: cause() },
        Reason::Stuck { undo: Some(text()), runs: Runs::Version(text()), cause: cause() },
        Reason::Unverified { check: None, seen: text() },
        Reason::Unverified { check: Some(text()), seen: text() },
        Reason::WrongImage { running: text(), wanted: text() },
        Reason::Superseded { version: text() },
        Reason::Said(text()),
    ]
}

/// A sentence was found and filled in: neither its own name nor a hole is told.
fn is_told(sentence: &str, what: &str) {
    for key in ["news.", "next.", "reason.", "step.", "label."] {
        assert!(!sentence.contains(key), "{what}: {sentence}");
    }
    assert!(!sentence.trim().is_empty(), "{what}");
    assert!(
        !["{{", "{%", "none", "undefined"].iter().any(|hole| sentence.contains(hole)),
        "{what}: {sentence}"
    );
}

#[test]
fn every_news_with_every_reason_is_told_in_both_languages() {
    for language in LANGUAGES {
        let texts = texts(language);
        for news in News::one_of_each() {
            for reason in all_reasons() {
                let mut notice = notice(news.clone(), Some(reason.clone()));
                let what = format!("{language:?} {news:?} {reason:?}");
                for (from, to) in [(None, None), (Some("1.4.2"), None), (Some("1.4.2"), Some("1.4.1"))] {
                    (notice.from, notice.to) = (from.map(str::to_owned), to.map(str::to_owned));
                    is_told(&texts.subject(&notice), &what);
                    is_told(&texts.news(&notice), &what);
                    is_told(&texts.next(&notice), &what);
                }
                is_told(&texts.reason(&reason), &what);
                // A freeze has its time alone.
                let quotes = !matches!(reason, Reason::Frozen { .. });
                assert!(!quotes || texts.reason(&reason).contains("SEEN"), "{what}");
            }
        }
    }
}

#[test]
fn every_text_is_a_template() {
    for text in [include_str!("en.toml"), include_str!("zh-CN.toml")] {
        for (name, text) in flat(text) {
            let made = Environment::new().template_from_str(&text).map(drop);
            assert!(made.is_ok(), "{name}: {made:?}");
        }
    }
}

#[test]
fn both_catalogues_know_the_same_and_have_every_step_and_label() {
    let names = |text| flat(text).into_keys().collect::<Vec<_>>();
    assert_eq!(names(include_str!("en.toml")), names(include_str!("zh-CN.toml")));
    for language in LANGUAGES {
        let texts = texts(language);
        for name in flat(include_str!("en.toml")).into_keys() {
            if let Some(label) = name.strip_prefix("label.") {
                is_told(&texts.label(label), &name);
            }
        }
        for step in [
            Step::Prepare,
            Step::Forensics,
            Step::Before,
            Step::Create,
            Step::DisableRestart,
            Step::Stop,
            Step::RenameOld,
            Step::RenameNew,
            Step::Start,
            Step::RecreateDependents,
            Step::Command,
            Step::Update,
            Step::Converge,
            Step::Verify,
            Step::CleanUp,
            Step::After,
            Step::Undo,
            Step::Yield,
        ] {
            is_told(&texts.step(step), step.into_str());
        }
        let roles = ["technical-lead", "operations-lead", "product-lead", "on-call", "technical-support"];
        for role in roles.into_iter().chain(["operations-support"]) {
            is_told(&texts.role(role), role);
        }
        assert_eq!(texts.role("database\u{1b} owner"), "database  owner", "a role of the operator's own");
        is_told(&texts.late(Duration::from_mins(5)), "late");
        is_told(&texts.took(Duration::from_mins(5)), "took");
        let minutes = if language == Language::English { "5 min" } else { "5 分钟" };
        assert!(texts.late(Duration::from_mins(5)).contains(minutes));
    }
    assert!(texts(Language::Chinese).news(&notice(News::DecisionRequired, None)).contains("人工"));
}

/// The words of the user's own process (guide G4, G6, G7).
#[test]
fn chinese_speaks_in_the_guides_own_terms() {
    let catalogue = flat(include_str!("zh-CN.toml"));
    for (name, term) in [
        ("urgent", "紧急告警"),
        ("important", "重要告警"),
        ("general", "一般告警"),
        ("reason.health", "健康检查"),
        ("breach.error-rate", "API错误率"),
        ("breach.latency-p95", "响应时间P95"),
        ("breach.resources", "系统资源使用率"),
        ("breach.business", "关键业务指标"),
        ("breach.standing", "系统资源使用率"),
        ("news.rollback-started", "自动回滚"),
        ("news.rollback-succeeded", "系统已回滚到版本 {{ to }}"),
        ("news.release-accepted", "上线验证"),
        ("label.call", "联系信息"),
        ("role.technical-lead", "技术负责人"),
        ("role.operations-lead", "运维负责人"),
        ("role.product-lead", "产品负责人"),
        ("role.on-call", "紧急响应"),
        ("role.technical-support", "技术支持"),
        ("role.operations-support", "运维支持"),
    ] {
        assert!(catalogue[name].contains(term), "{name}: {}", catalogue[name]);
    }
}

#[test]
fn a_subject_is_tier_then_service_then_news_then_reason() {
    let reason = Reason::Said("port closed".to_owned());
    let mut notice = notice(News::RollbackStarted, Some(reason));
    let english = texts(Language::English);
    assert_eq!(english.subject(&notice), "[URGENT] web: rolling back 1.4.2 -> 1.4.1 (port closed)");
    assert_eq!(
        texts(Language::Chinese).subject(&notice),
        "[紧急告警] web: 正在自动回滚 1.4.2 -> 1.4.1 (port closed)"
    );
    (notice.service, notice.reason, notice.news, notice.tier) =
        (None, None, News::StoreUnavailable, Tier::General);
    assert_eq!(english.subject(&notice), "[general] golive: the state directory cannot be written");
}

#[test]
fn somebody_elses_words_cannot_be_templates() {
    let hostile = "{{ 7 * 7 }}{% for x in y %}";
    for language in LANGUAGES {
        let reason = Reason::Said(hostile.to_owned());
        assert_eq!(texts(language).reason(&reason), hostile);
    }
}

#[test]
fn figures_are_told_against_what_is_asked() {
    let told = |figure| [Language::English, Language::Chinese].map(|language| texts(language).figure(figure));
    assert_eq!(told(Figure::ratio(8, 9, 0.95)), ["88.8 %, wanted 95 %", "88.8%（要求 95%）"]);
    assert_eq!(told(Figure::ratio(9999, 10_000, 1.0))[0], "99.9 %, wanted 100 %");
    assert_eq!(told(Figure::ratio(9, 10, 0.9))[0], "90 %, wanted 90 %");
    assert_eq!(told(Figure::share(0.0104, Some(0.01)))[0], "1.1 %, allowed 1 %");
    assert_eq!(told(Figure::share(0.0, Some(0.01)))[0], "0 %, allowed 1 %", "nothing has no sign");
    assert_eq!(told(Figure::days(5, 14)), ["5 days, wanted 14 days", "5 天（要求 14 天）"]);
    assert_eq!(told(Figure::seconds(0.35, Some(0.5)))[0], "350 ms, allowed 500 ms");
    assert_eq!(told(Figure::seconds(7.0, None))[0], "7 s");
    assert_eq!(told(Figure::count(3, 0)), ["3, allowed 0", "3（上限 0）"]);
}

#[test]
fn durations_and_times_are_for_people() {
    let texts = texts(Language::English);
    for (millis, told) in [
        (0, "0 ms"),
        (350, "350 ms"),
        (4_200, "4.2 s"),
        (9_999, "10 s"),
        (12_000, "12 s"),
        (119_999, "119 s"),
        (720_000, "12 min"),
        (11_100_000, "3 h 5 min"),
    ] {
        assert_eq!(texts.duration(Duration::from_millis(millis)), told);
    }
    let zone = TimeZone::fixed(jiff::tz::offset(8));
    let at = "2026-03-01T20:00:00Z".parse().unwrap();
    assert_eq!(Texts::new(Language::Chinese, Some(zone)).time(at), "2026-03-02 04:00:00 +08:00");
}

/// Every refusal in both languages; in Chinese no Latin word but names, commands and quotations.
#[test]
fn every_refusal_is_told_in_both_languages() {
    let text = || "SEEN".to_owned();
    let no_target = |wanted, runs| Refusal::NoTarget { wanted, runs, accepted: vec![text()] };
    let all = [
        Refusal::UnderWay,
        Refusal::NothingToAccept,
        Refusal::NothingToAbort,
        Refusal::NothingRuns,
        Refusal::UnknownRuns,
        Refusal::Failing(Box::new(Reason::Said(text()))),
        no_target(None, false),
        no_target(Some(text()), false),
        no_target(Some(text()), true),
        Refusal::OnlyWatches { service: text(), why: text() },
        Refusal::Frozen { until: Timestamp::UNIX_EPOCH },
        Refusal::Checklist(Objection::Open { version: text(), open: vec![text()] }),
        Refusal::Checklist(Objection::FourEyes { item: text(), by: text() }),
        Refusal::Checklist(Objection::None(text())),
        Refusal::Checklist(Objection::WhichVersion),
        Refusal::Checklist(Objection::NoItem { item: text(), known: vec![text()] }),
        Refusal::Checklist(Objection::NotSigned(text())),
        Refusal::Checklist(Objection::OnlySigned(text())),
        Refusal::Checklist(Objection::MayNotSign { item: text(), by: text(), allowed: vec![text()] }),
        Refusal::Checklist(Objection::WaiverOver { until: Timestamp::UNIX_EPOCH }),
        Refusal::NoService(text()),
        Refusal::NoIncident(text()),
        Refusal::NoDelivery(7),
        Refusal::NoRelease(text()),
        Refusal::TooManyRemarks { release: text(), most: 1000 },
        Refusal::NoFollowUp { text: text(), open: vec![text()] },
        Refusal::NoFollowUp { text: text(), open: Vec::new() },
        Refusal::NotStored,
        Refusal::NotUnderstood,
        Refusal::Failed(text()),
    ];
    for refusal in all {
        is_told(&texts(Language::English).refusal(&refusal), &format!("{refusal:?}"));
        let chinese = texts(Language::Chinese).refusal(&refusal);
        is_told(&chinese, &format!("{refusal:?}"));
        assert_eq!(latin(&chinese), [""; 0], "{chinese}");
    }
}

/// The Chinese catalogue itself: a Latin word in it is a name, or a command between backquotes.
#[test]
fn no_english_word_is_left_in_the_chinese_catalogue() {
    for (name, text) in flat(include_str!("zh-CN.toml")) {
        // What stands in braces is filled in.
        let mut shown = text.replace("{%", "{{").replace("%}", "}}");
        while let (Some(from), Some(to)) = (shown.find("{{"), shown.find("}}")) {
            shown.replace_range(from..to + 2, " ");
        }
        assert_eq!(latin(&shown), [""; 0], "{name}: {text}");
    }
}

/// The Latin words of a text that are neither names nor quoted.
fn latin(text: &str) -> Vec<String> {
    let unquoted: String = text.split('`').step_by(2).collect();
    let unquoted = unquoted.replace("[alert.urgent]", " ");
    let words = unquoted.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let names = [
        "golive",
        "Compose",
        "Docker",
        "Swarm",
        "Git",
        "Prometheus",
        "API",
        "HEALTHCHECK",
        "HTTP",
        "P",
        "SEEN",
    ];
    words.filter(|word| !names.contains(word)).map(str::to_owned).collect()
}

/// The core names sentences and never sees a catalogue.
#[test]
fn what_the_core_says_is_in_the_catalogues_and_nothing_else() {
    let tables = ["verdict", "doubt", "past"];
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut said = std::collections::BTreeSet::new();
    let mut folders = vec![source.join("decide"), source.join("model")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(code) = std::fs::read_to_string(path) {
                let quoted = code
                    .split('"')
                    .filter(|text| text.split_once('.').is_some_and(|(table, _)| tables.contains(&table)));
                said.extend(quoted.map(str::to_owned));
            }
        }
    }
    let catalogue = texts(Language::English).catalogue;
    let known = catalogue.keys().filter(|name| tables.contains(&name.split('.').next().unwrap()));
    // How several are joined is asked for by `text` itself.
    let known = known.filter(|name| *name != "verdict.and").cloned().collect();
    assert_eq!(said, known);
}
