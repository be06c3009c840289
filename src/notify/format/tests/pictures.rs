//! The alerts that docs/alerts.md shows, told from start to end. With `GOLIVE_PICTURES` set to a directory, what every
//! platform gets of them is written there, to be rendered and looked at.

use super::double::secret;
use super::*;
use crate::config::Access;
use crate::decide::curve::{Curve, Mark, Point};
use crate::model::reading::Source;
use crate::model::reason::{Breach, Unit};
use crate::model::tests as plain;
use crate::notify::template;
use crate::notify::{chart, email};

fn breach() -> Breach {
    Breach {
        value: 0.0872,
        samples: 1_640,
        bad: 143,
        source: Source::Prometheus,
        before: Some(0.0041),
        ..plain::breach()
    }
}

fn told(news: News, tier: Tier) -> Notice {
    let check = |at: i64, outcome| Sample {
        check: "home".to_owned(),
        began: now() - jiff::SignedDuration::from_secs(at),
        took: Duration::from_millis(212),
        outcome,
    };
    let open = ends(&news) == Some(false);
    Notice {
        reason: Some(Reason::Breach(Box::new(breach()))).filter(|_| tier != Tier::General),
        blame: Some(Blame::Release { neighbours: 3 }).filter(|_| tier == Tier::Urgent),
        evidence: if open {
            vec![check(20, Outcome::Ok), check(10, Outcome::Failed("status 502 Bad Gateway".to_owned()))]
        } else {
            Vec::new()
        },
        to: Some("1.4.1".to_owned()),
        incident: "web-7".to_owned(),
        ..notice(news, tier, "1.4.2")
    }
}

fn curve(done: bool) -> Curve {
    let at = |second: i64| now() + jiff::SignedDuration::from_secs(second);
    let ripple = |second: i64| f64::from(i32::try_from((second * 37).rem_euclid(23)).unwrap()) / 23.0 * 0.005;
    let value = |second: i64| match second {
        ..-240 => 0.003 + ripple(second),
        -240..0 => {
            0.004 + ripple(second) + 0.0006 * f64::from(i32::try_from(second + 240).unwrap()).min(140.0)
        }
        _ => (0.088 - 0.0016 * f64::from(i32::try_from(second).unwrap())).max(0.003) + ripple(second),
    };
    let before = (-1_200..-240).step_by(60).chain((-240..if done { 90 } else { 1 }).step_by(5));
    let point = |second| Point { at: at(second), value: value(second), bad: value(second) > 0.05 };
    Curve {
        of: "error-rate".to_owned(),
        points: before.map(point).collect(),
        unit: Unit::Ratio,
        limit: Some(0.05),
        released: Some(Mark { at: at(-245), version: "1.4.2".to_owned() }),
        rolled_back: Some(Mark { at: at(0), version: "1.4.1".to_owned() }),
    }
}

#[test]
fn the_story_is_told_on_every_platform() {
    let files: Vec<_> = [super::telegram::TOKEN, super::pagerduty::KEY].map(secret).into_iter().collect();
    let bot = WebhookFormat::Telegram { chat: "-1001".to_owned(), topic: None, token: files[0].1.clone() };
    let formats = [
        ("slack", WebhookFormat::Slack),
        ("teams", WebhookFormat::Teams),
        ("discord", WebhookFormat::Discord),
        ("mattermost", WebhookFormat::Mattermost),
        ("telegram", bot),
        ("feishu", WebhookFormat::Feishu { secret: None }),
        ("dingtalk", WebhookFormat::Dingtalk { secret: None }),
        ("wecom", WebhookFormat::Wecom),
        ("pagerduty", WebhookFormat::Pagerduty { routing_key: files[1].1.clone() }),
        ("ntfy", WebhookFormat::Ntfy { token: None }),
    ];
    let turns = [
        ("started", told(News::RollbackStarted, Tier::Urgent)),
        ("done", told(News::RollbackSucceeded { took: Duration::from_secs(31) }, Tier::Urgent)),
        ("held", told(News::DecisionRequired, Tier::Important)),
        ("seen", told(News::ReleaseDetected, Tier::General)),
    ];
    let dir = std::env::var_os("GOLIVE_PICTURES").map(std::path::PathBuf::from);
    let keep = |name: String, what: &[u8]| {
        if let Some(dir) = &dir {
            std::fs::write(dir.join(name), what).unwrap();
        }
    };
    for (turn, notice) in turns {
        for (name, format) in &formats {
            let chinese = ["feishu", "dingtalk", "wecom"].contains(name);
            let language = if chinese { Language::Chinese } else { Language::English };
            let (url, access) =
                (config::Url::Open("https://x.example/a/b?key=0".to_owned()), Access::default());
            let channel = WebhookChannel { format: format.clone(), url, mention: false, access };
            let post = with_context(language, |context| {
                write(&channel, &template::message(&notice, context), &notice, context)
            })
            .unwrap()
            .post;
            let version = post.body.contains("1.4.2") || post.body.contains("1.4.\\u{2060}2");
            assert!(version, "{name} {turn} says which version: {}", post.body);
            keep(format!("{name}-{turn}.json"), post.body.as_bytes());
        }
        for (tag, language) in [("en", Language::English), ("zh", Language::Chinese)] {
            let texts = Texts::new(language, Some(TimeZone::fixed(jiff::tz::offset(8))));
            let people = people();
            let curve = curve(turn == "done");
            let drawn = (notice.tier != Tier::General).then_some(&curve);
            let picture = drawn.map(|curve| chart::png(curve, texts.zone()));
            let context = Context { curve: drawn, picture: picture.clone(), ..context(&texts, &people) };
            let html = email::page(&notice, &context);
            assert!(html.contains("1.4.2") && html.contains("cid:chart") == drawn.is_some());
            if (turn, tag) == ("held", "en") {
                insta::assert_snapshot!("mail", html);
            }
            let shown = html.replace("cid:chart", &format!("chart-{turn}.png"));
            keep(format!("mail-{turn}-{tag}.html"), shown.as_bytes());
            keep(format!("chart-{turn}.png"), &picture.unwrap_or_default());
        }
    }
}
