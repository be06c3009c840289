//! Whatever a notice holds, every platform takes it.

use proptest::prelude::*;

use super::double::secret;
use super::*;
use crate::model::tests as plain;
use crate::notify::template;

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
        texts in prop::collection::vec(words(), 6),
        given in prop::collection::vec(any::<bool>(), 5),
        tier in prop::sample::select(vec![Tier::Urgent, Tier::Important, Tier::General]),
        news in prop::sample::select(vec![News::Test, News::RollbackFailed, News::ServiceUp, News::DecisionRequired, News::ReleaseSuperseded]),
        evidence in prop::collection::vec((words(), words()), 0..40),
        depth in 0_usize..12,
        // Nothing else gets through the configuration.
        service in "[a-z0-9][a-z0-9_.-]{0,62}",
    ) -> Notice {
        let some = |at: usize| given[at].then(|| texts[at].clone());
        let innermost = Reason::Said(texts[5].clone());
        let why = (0..depth).fold(innermost, |cause, _| Reason::OnHold { why: some(3), cause: Box::new(cause) });
        let samples = evidence.into_iter().map(|(check, seen)| Sample {
            check, began: now(), took: Duration::from_secs(1), outcome: Outcome::Blind(seen),
        });
        Notice {
            id: "web-1.2".to_owned(),
            incident: format!("{service}-{depth}"),
            service: given[2].then(|| service.clone()),
            at: now(),
            release: given[3].then(|| format!("{service}-20260301T100000123")),
            from: some(1),
            to: some(2),
            reason: given[4].then_some(why),
            blame: given[4].then(|| Blame::Host(texts[4].clone())),
            evidence: samples.collect(),
            acknowledgeable: given[0],
            ..plain::notice(news, tier)
        }
    }
}

#[test]
fn every_notice_fits_everywhere() {
    let texts = [
        telegram::TOKEN,
        feishu::SECRET,
        dingtalk::SECRET,
        pagerduty::KEY,
        "tk_abc",
        "t0ken",
        standard::SECRET,
    ];
    let files = texts.map(secret);
    let platforms = everywhere(&files.each_ref().map(|(_, secret)| secret.clone()));
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(notice in any_notice(), chinese in any::<bool>())| {
        let language = if chinese { Language::Chinese } else { Language::English };
        for (double, channel) in &platforms {
            let plan = with_context(language, |context| write(channel, &template::message(&notice, context), &notice, context)).unwrap();
            let checked = (double.check)(&Sent::of(&plan.post));
            prop_assert!(checked.is_ok(), "{:?}: {:?}", channel.format, checked);
        }
    });
}

/// Every platform with what it needs.
fn everywhere(secrets: &[Secret; 7]) -> Vec<(Double, WebhookChannel)> {
    let [telegram, feishu, dingtalk, pagerduty, ntfy, alertmanager, standard] = secrets.clone();
    let bot = WebhookFormat::Telegram { chat: "-1001".to_owned(), topic: None, token: telegram };
    let all = [
        (slack::SLACK, WebhookFormat::Slack, "/services/T000/B000/XXXX"),
        (teams::TEAMS, WebhookFormat::Teams, "/w?sig=s3cr3t%2F%2B%3D"),
        (discord::DISCORD, WebhookFormat::Discord, "/api/webhooks/1/t"),
        (mattermost::MATTERMOST, WebhookFormat::Mattermost, "/hooks/x"),
        (telegram::TELEGRAM, bot, ""),
        (feishu::FEISHU, WebhookFormat::Feishu { secret: Some(feishu) }, "/open-apis/bot/v2/hook/x"),
        (
            dingtalk::DINGTALK,
            WebhookFormat::Dingtalk { secret: Some(dingtalk) },
            "/robot/send?access_token=abc",
        ),
        (wecom::WECOM, WebhookFormat::Wecom, "/send?key=0-0-0"),
        (pagerduty::PAGERDUTY, WebhookFormat::Pagerduty { routing_key: pagerduty }, ""),
        (ntfy::NTFY, WebhookFormat::Ntfy { token: Some(ntfy) }, "/base/golive-prod"),
        (alertmanager::ALERTMANAGER, WebhookFormat::Alertmanager { token: Some(alertmanager) }, "/alert"),
        (standard::STANDARD, WebhookFormat::Standard { secret: Some(standard) }, "/"),
    ];
    let channel = |format, path| WebhookChannel {
        format,
        url: config::Url::Open(format!("https://x.example{path}")),
        mention: false,
        access: config::Access::default(),
    };
    all.into_iter().map(|(double, format, path)| (double, channel(format, path))).collect()
}
