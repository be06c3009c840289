//! Every format against a double that keeps the platform's rules, and what each platform's answers are taken for.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use reqwest::StatusCode;

use super::*;
use crate::config::{Language, Person};
use crate::model::notice::{News, Tier};
use crate::model::reason::{Blame, Reason};
use crate::model::sample::{Outcome, Sample};
use crate::model::tests as plain;
use crate::notify::template;
use crate::text::Texts;

mod alertmanager;
mod clip;
mod dingtalk;
mod discord;
mod double;
mod edits;
mod feishu;
mod markup;
mod mattermost;
mod ntfy;
mod pagerduty;
mod pictures;
mod properties;
mod sending;
mod slack;
mod standard;
mod teams;
mod telegram;
mod wecom;

use double::{Double, Sent, double};

const RUNBOOK: &str = "https://wiki.example.com/web?a=1&b=(x)";

/// Everything that any platform makes something of.
const HOSTILE: &str = "<!channel> <!here|x> <@U012AB3CD> @everyone @all @channel <at id=all></at> <at user_id=\"all\">x</at> \
    <@userid> [click](http://evil.example/) ![i](https://evil.example/i.png) **b** *b* _i_ __u__ ~~s~~ ||x|| `c` ```d``` \
    <b>x</b></code></b> <script>alert(1)</script> <https://evil.example|safe> http://evil.example www.evil.example \
    \r\n# head\n> quote\n- item\u{202e}\u{7}\u{1b}[31m \"}],\"x\":{ :sos: $USD #tag /stop &lt;b&gt; &amp; \\* \u{0}";

fn now() -> Timestamp {
    "2026-03-01T10:00:00.25Z".parse().unwrap()
}

fn notice(news: News, tier: Tier, text: &str) -> Notice {
    let sample = |at: u32| Sample {
        check: format!("http-{at}"),
        began: now(),
        took: Duration::from_millis(350),
        outcome: Outcome::Failed(text.to_owned()),
    };
    Notice {
        id: "web-1.2".to_owned(),
        acknowledgeable: ends(&news) == Some(false),
        at: now(),
        release: Some("web-20260301-100000".to_owned()),
        from: Some(text.to_owned()),
        to: Some(text.to_owned()),
        reason: Some(Reason::Health { check: text.to_owned(), failures: 3, limit: 3, seen: text.to_owned() }),
        evidence: (0..3).map(sample).collect(),
        ..plain::notice(news, tier)
    }
}

/// Whether such news ends an incident; `None` when it belongs to none.
fn ends(news: &News) -> Option<bool> {
    match news {
        News::Test
        | News::ReleaseDetected
        | News::ServiceScaled
        | News::UpdateResumed
        | News::ConfigReloaded
        | News::FollowUpOverdue
        | News::Digest { .. } => None,
        News::ServiceUp
        | News::DeploymentFinished
        | News::ServiceComplete
        | News::ReleaseAccepted
        | News::ReleaseSuperseded
        | News::ReleaseAborted
        | News::RollbackSucceeded { .. }
        | News::DockerRecovered
        | News::SwarmBack
        | News::ClockRight
        | News::UpdateMoves
        | News::DriftResolved
        | News::RollbackReady
        | News::StoreRecovered
        | News::DataRestored
        | News::ChannelRecovered { .. }
        | News::ChannelConfirmed => Some(true),
        News::DrillAnswered { .. } | News::DrillPassed => Some(true),
        News::Drill | News::DrillFailed | News::DrillOverdue => Some(false),
        News::ServiceDown
        | News::ServiceStopped
        | News::ServiceIncomplete
        | News::DeploymentUnfinished
        | News::RollbackStarted
        | News::RollbackFailed
        | News::RollbackImpossible
        | News::WouldRollBack
        | News::DecisionRequired
        | News::ExternalCause
        | News::NoData
        | News::DockerUnreachable
        | News::SwarmLost
        | News::ClockOff
        | News::TookOver
        | News::UpdateStuck
        | News::RollbackNotReady
        | News::DriftDetected
        | News::KnownBadVersion
        | News::ReleasedWithoutChecklist
        | News::ReleasedInFreeze
        | News::RollbackScheduled { .. }
        | News::RollbackNextOlder
        | News::CleanupIncomplete
        | News::ThresholdExceeded { .. }
        | News::ThresholdRecovered { .. }
        | News::ThresholdUnknown { .. }
        | News::ConfigRejected
        | News::StoreUnavailable
        | News::StateLost
        | News::ChannelFailing { .. }
        | News::NoConfirmedChannel => Some(false),
    }
}

/// What may stand in a version, an answer or a name.
fn inputs() -> Vec<String> {
    vec![
        "1.4.2".to_owned(),
        String::new(),
        " \u{200b}\u{200d} \t".to_owned(),
        HOSTILE.to_owned(),
        HOSTILE.repeat(30),
        "a".repeat(9_000),
        "回滚失败，请立即处理。".repeat(900),
        "👩‍👩‍👧‍👦🏳️‍🌈🔥".repeat(900),
        "<&>\"'`*_[]()".repeat(900),
        (0..32_u8).map(char::from).collect(),
        "\u{202e}\u{2066}\u{feff}\u{301}\u{fffd}".repeat(100),
    ]
}

/// Every kind of notice with every kind of text.
fn notices() -> Vec<Notice> {
    let news = [
        (News::RollbackStarted, Tier::Urgent),
        (News::RollbackSucceeded { took: Duration::from_secs(31) }, Tier::Urgent),
        (News::RollbackNotReady, Tier::Important),
        (News::ReleaseDetected, Tier::General),
        (News::Test, Tier::Urgent),
    ];
    let texts = inputs();
    let mut all: Vec<Notice> = texts
        .iter()
        .flat_map(|text| news.iter().map(|(news, tier)| notice(news.clone(), *tier, text)))
        .collect();
    let mut bare = notice(News::ConfigReloaded, Tier::General, "");
    (bare.service, bare.release, bare.from, bare.to, bare.reason) = (None, None, None, None, None);
    bare.evidence.clear();
    all.push(bare);
    let mut much = notice(News::DecisionRequired, Tier::Urgent, HOSTILE);
    much.evidence = much.evidence.iter().cycle().take(2_000).cloned().collect();
    all.push(much);
    all
}

/// The story that is told in the pictures: a bad release, taken back.
fn story() -> Notice {
    notice(News::RollbackStarted, Tier::Urgent, "1.4.2")
}

fn people() -> Vec<Person> {
    let person = |role: &str, name: &str| Person {
        role: role.to_owned(),
        name: name.to_owned(),
        email: None,
        phone: Some("+44 20 7946 0000".to_owned()),
    };
    vec![person("technical-lead", "Ada Example"), person("on-call", "李雷")]
}

fn context<'a>(texts: &'a Texts, people: &'a [Person]) -> Context<'a> {
    Context {
        texts,
        templates: None,
        people,
        runbook: Some(RUNBOOK),
        acknowledge: None,
        host: "host-1",
        own_name: None,
        with: &[],
        witnesses: &crate::notify::UNWITNESSED,
        thread: None,
        curve: None,
        patience: crate::notify::PATIENCE,
        picture: None,
        now: now(),
        wall: now(),
    }
}

/// What is done with a context that lives only here.
fn with_context<T>(language: Language, doing: impl FnOnce(&Context<'_>) -> T) -> T {
    let texts = Texts::new(language, Some(TimeZone::UTC));
    let people = people();
    doing(&context(&texts, &people))
}

fn card_of<T>(notice: &Notice, doing: impl FnOnce(&Card<'_>) -> T) -> T {
    with_context(Language::English, |context| {
        doing(&Card::new(template::message(notice, context), notice, context))
    })
}

fn answer(status: u16, body: &str) -> Answer {
    Answer { status: StatusCode::from_u16(status).unwrap(), after: None, body: body.to_owned() }
}

/// What each answer is taken for; every one of them with the pause of a header, too.
fn judged(judge: impl Fn(&Answer) -> Verdict, cases: &[(u16, &str, Verdict)]) {
    for (status, body, verdict) in cases {
        assert_eq!(&judge(&answer(*status, body)), verdict, "{status} {body}");
    }
    let asked = Duration::from_mins(20);
    let limited = Answer { after: Some(asked), ..answer(429, "slow down") };
    assert_eq!(judge(&limited), Verdict::Later(Some(asked)));
    for status in [500, 502, 503, 504] {
        assert!(matches!(judge(&answer(status, "<html>bad gateway</html>")), Verdict::Later(_)), "{status}");
    }
}

fn later(seconds: u64) -> Verdict {
    Verdict::Later(Some(Duration::from_secs(seconds)))
}

/// The runbook as it is sent.
fn markup_link() -> String {
    crate::notify::format::markup::link(RUNBOOK).unwrap()
}
