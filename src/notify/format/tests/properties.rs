//! Whatever a notice holds, every platform takes it.

use proptest::prelude::*;

use super::*;

/// Texts of every kind: short, long, foreign, hostile.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "(?s).{0,40}",
        "[<>&*_~`|\\[\\]()@#!:/.\\\\\"']{0,60}",
        (
            prop::sample::select(vec![
                "&",
                "<",
                "\"",
                "\\",
                "回",
                "🔥",
                "👩‍👧",
                "a b ",
                "@all ",
                "\u{0}",
                "\u{202e}"
            ]),
            0_usize..4_000
        )
            .prop_map(|(text, times)| text.repeat(times)),
        prop::sample::select(inputs()),
    ]
}

prop_compose! {
    fn any_notice()(
        texts in prop::collection::vec(words(), 7),
        given in prop::collection::vec(any::<bool>(), 5),
        tier in prop::sample::select(vec![Tier::Urgent, Tier::Important, Tier::General]),
        news in prop::sample::select(vec![News::Test, News::RollbackFailed, News::ServiceUp, News::Held, News::ReleaseSuperseded]),
        evidence in prop::collection::vec((words(), words()), 0..40),
        depth in 0_usize..12,
    ) -> Notice {
        let some = |at: usize| given[at].then(|| texts[at].clone());
        let innermost = Reason::Said(texts[5].clone());
        let why = (0..depth).fold(innermost, |cause, _| Reason::OnHold { why: some(3), cause: Box::new(cause) });
        let samples = evidence.into_iter().map(|(check, seen)| Sample {
            check, began: now(), took: Duration::from_secs(1), outcome: Outcome::Blind(seen),
        });
        Notice {
            id: "web-1.2".to_owned(),
            incident: texts[6].clone(),
            tier,
            news,
            service: some(0),
            at: now(),
            release: some(3),
            from: some(1),
            to: some(2),
            reason: given[4].then_some(why),
            evidence: samples.collect(),
            acknowledgeable: given[0],
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_notice_fits_everywhere(notice in any_notice(), chinese in any::<bool>()) {
        let language = if chinese { Language::Chinese } else { Language::English };
        for (name, double, format, url) in everywhere() {
            let channel = WebhookChannel { format, url: config::Url::Open(url) };
            let post = with_context(language, |context| write(&channel, &notice, context)).unwrap();
            let checked = (double.check)(&Sent::of(&post));
            prop_assert!(checked.is_ok(), "{}: {:?}", name, checked);
        }
    }
}

/// Platforms whose formats need no file.
fn everywhere() -> Vec<(&'static str, Double, WebhookFormat, String)> {
    let at = |path: &str| format!("https://x.example{path}");
    vec![
        ("slack", slack::SLACK, WebhookFormat::Slack, at("/services/T000/B000/XXXX")),
        ("teams", teams::TEAMS, WebhookFormat::Teams, at("/w?sig=s3cr3t%2F%2B%3D")),
        ("discord", discord::DISCORD, WebhookFormat::Discord, at("/api/webhooks/1/t")),
        ("mattermost", mattermost::MATTERMOST, WebhookFormat::Mattermost, at("/hooks/x")),
        ("wecom", wecom::WECOM, WebhookFormat::Wecom, at("/send?key=0-0-0")),
    ]
}
