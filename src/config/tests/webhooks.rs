//! Every format with what it needs, and what it cannot use.

use super::{load, told};
use crate::config::{Secret, Url, Way, WebhookChannel, WebhookFormat};

fn channel(inside: &str) -> WebhookChannel {
    let text = format!("[channel.a]\nwebhook = {{ {inside} }}");
    let mut config = load(&text).unwrap_or_else(|mistakes| panic!("{text}\n{mistakes}"));
    let Some(Way::Webhook(webhook)) = config.channels.remove("a").map(|channel| channel.way) else {
        panic!("a webhook")
    };
    webhook
}

fn credential(name: &str) -> Secret {
    Secret::Credential(name.to_owned())
}

#[test]
fn every_format_is_known_with_what_it_needs() {
    let secret = || Some(credential("s"));
    let cases = [
        ("url = \"http://a/\"", WebhookFormat::Standard { secret: None }),
        (
            "format = \"standard\", url = \"http://a/\", secret-file = \"credential:s\"",
            WebhookFormat::Standard { secret: secret() },
        ),
        ("format = \"slack\", url-file = \"credential:u\"", WebhookFormat::Slack),
        ("format = \"teams\", url-file = \"credential:u\"", WebhookFormat::Teams),
        ("format = \"discord\", url-file = \"credential:u\"", WebhookFormat::Discord),
        ("format = \"mattermost\", url-file = \"credential:u\"", WebhookFormat::Mattermost),
        ("format = \"wecom\", url-file = \"credential:u\"", WebhookFormat::Wecom),
        ("format = \"feishu\", url-file = \"credential:u\"", WebhookFormat::Feishu { secret: None }),
        (
            "format = \"feishu\", url-file = \"credential:u\", secret-file = \"credential:s\"",
            WebhookFormat::Feishu { secret: secret() },
        ),
        (
            "format = \"dingtalk\", url-file = \"credential:u\", secret-file = \"credential:s\"",
            WebhookFormat::Dingtalk { secret: secret() },
        ),
        (
            "format = \"telegram\", chat-id = -1001, topic-id = 5, token-file = \"credential:s\"",
            WebhookFormat::Telegram { chat: "-1001".to_owned(), topic: Some(5), token: credential("s") },
        ),
        (
            "format = \"telegram\", chat-id = \"@ops\", token-file = \"credential:s\"",
            WebhookFormat::Telegram { chat: "@ops".to_owned(), topic: None, token: credential("s") },
        ),
        (
            "format = \"pagerduty\", routing-key-file = \"credential:s\"",
            WebhookFormat::Pagerduty { routing_key: credential("s") },
        ),
        ("format = \"ntfy\", url = \"https://ntfy.sh/x\"", WebhookFormat::Ntfy { token: None }),
        (
            "format = \"ntfy\", url-file = \"credential:u\", token-file = \"credential:s\"",
            WebhookFormat::Ntfy { token: secret() },
        ),
        (
            "format = \"alertmanager\", url = \"http://a/\", token-file = \"credential:s\"",
            WebhookFormat::Alertmanager { token: secret() },
        ),
    ];
    for (inside, format) in cases {
        assert_eq!(channel(inside).format, format, "{inside}");
    }
}

#[test]
fn an_address_that_everybody_knows_need_not_be_said() {
    let url = |inside: &str| channel(inside).url;
    let open = |url: &str| Url::Open(url.to_owned());
    let bot = "format = \"telegram\", chat-id = \"1\", token-file = \"credential:s\"";
    assert_eq!(url(bot), open("https://api.telegram.org"));
    assert_eq!(url(&format!("{bot}, url = \"http://bots.lan\"")), open("http://bots.lan"));
    let pager = "format = \"pagerduty\", routing-key-file = \"credential:s\"";
    assert_eq!(url(pager), open("https://events.pagerduty.com"));
    assert_eq!(
        url(&format!("{pager}, url = \"https://events.eu.pagerduty.com\"")),
        open("https://events.eu.pagerduty.com")
    );
    assert_eq!(url("format = \"slack\", url-file = \"credential:u\""), Url::Secret(credential("u")));
}

#[test]
fn what_a_format_lacks_or_cannot_use_is_told() {
    let cases = [
        ("slack", "url = \"https://hooks.slack.com/services/T0/B0/c4nary-c4nary-c4nary\""),
        ("teams", ""),
        ("discord", "url-file = \"credential:u\", secret-file = \"credential:s\""),
        ("mattermost", "url-file = \"credential:u\", chat-id = \"x\""),
        ("telegram", ""),
        ("telegram", "chat-id = \"ops\", token-file = \"credential:s\""),
        ("telegram", "chat-id = \"1\", token = \"123:c4nary\""),
        ("telegram", "chat-id = \"1\", token-file = \"credential:s\", topic-id = \"x\""),
        ("telegram", "chat-id = \"1\", token-file = \"credential:s\", url-file = \"credential:u\""),
        (
            "feishu",
            "url = \"https://open.feishu.cn/open-apis/bot/v2/hook/c4nary-c4nary-c4nary\", secret = \"c4nary\"",
        ),
        ("dingtalk", "url = \"https://oapi.dingtalk.com/robot/send?access_token=c4nary\""),
        (
            "wecom",
            "url = \"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=c4nary\", url-file = \"credential:u\"",
        ),
        ("pagerduty", "routing-key = \"c4nary\""),
        ("ntfy", "url = \"https://ntfy.sh/\""),
        ("ntfy", "url = \"https://u:c4nary@ntfy.sh/x\""),
        ("alertmanager", "token-file = \"credential:s\""),
        ("slakc", "url-file = \"credential:u\""),
        ("opsgenie", "url-file = \"credential:u\""),
    ];
    let mut told_all = String::new();
    for (format, keys) in cases {
        let comma = if keys.is_empty() { "" } else { ", " };
        let told = told(&format!("[channel.a]\nwebhook = {{ format = \"{format}\"{comma}{keys} }}"));
        told_all.push_str(&format!("{format} {}\n{told}\n", keys.replace("c4nary", "SECRET")));
        assert!(!told.contains("c4nary"), "{told}");
    }
    insta::assert_snapshot!(told_all);
}

#[test]
fn everybody_is_called_only_where_that_can_be() {
    assert!(channel("format = \"wecom\", url-file = \"credential:u\", mention = \"all\"").mention);
    assert!(!channel("format = \"wecom\", url-file = \"credential:u\"").mention);
    let wrong = |inside: &str| told(&format!("[channel.a]\nwebhook = {{ {inside} }}"));
    let bob = wrong("format = \"slack\", url-file = \"credential:u\", mention = \"bob\"");
    assert!(bob.contains("\"bob\" is nobody whom golive can call"), "{bob}");
    let teams = wrong("format = \"teams\", url-file = \"credential:u\", mention = \"all\"");
    assert!(teams.contains("is nothing that the format \"teams\" can use"), "{teams}");
}
