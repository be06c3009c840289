use super::double::{rule, text};
use super::*;
use crate::notify::format::wecom;
use crate::notify::template;

pub(super) const WECOM: Double = Double { check, yes: (200, "{\"errcode\":0,\"errmsg\":\"ok\"}"), no: 200 };

fn check(sent: &Sent) -> Result<(), String> {
    let refuse =
        |code: u32, why: &str| Err(serde_json::json!({ "errcode": code, "errmsg": why }).to_string());
    if sent.query["key"] != "0-0-0" {
        return refuse(93_000, "invalid webhook url");
    }
    if sent.body["msgtype"] != "markdown" {
        return refuse(40_008, "invalid message type");
    }
    let content = text(&sent.body, "/markdown/content");
    if content.is_empty() || content.len() > 4096 {
        return refuse(40_058, "markdown.content exceed max length 4096");
    }
    rule(content.matches("<font").count() == 1 && !content.contains("<@"), "a font or a mention")?;
    super::dingtalk::markdown(content)
}

#[tokio::test]
async fn wecom_takes_everything() {
    double(WECOM, WebhookFormat::Wecom, "/cgi-bin/webhook/send?key=0-0-0").await;
}

/// 4096 bytes are 1365 Chinese characters: what counts most is still there.
#[test]
fn little_room_is_spent_on_what_counts() {
    let notice = notice(News::RollbackFailed, Tier::Urgent, &"失败".repeat(900));
    let body = with_context(Language::Chinese, |context| {
        wecom::body(&Card::new(template::message(&notice, context), &notice, context))
    });
    let content = text(&body, "/markdown/content");
    for wanted in ["紧急告警", "`golive ack web-1`", "Ada Example", "李雷", "wiki.example.com", "请立即处理"]
    {
        assert!(content.contains(wanted), "{wanted} in {content}");
    }
}

#[test]
fn wecom_is_answered() {
    judged(
        wecom::judge,
        &[
            (200, "{\"errcode\":0,\"errmsg\":\"ok\"}", Verdict::Taken),
            (200, "{\"errcode\":45009,\"errmsg\":\"api freq out of limit\"}", later(60)),
            (200, "{\"errcode\":93000,\"errmsg\":\"invalid webhook url\"}", Verdict::Gone),
            (
                200,
                "{\"errcode\":40058,\"errmsg\":\"markdown.content exceed max length 4096\"}",
                Verdict::Refused,
            ),
            (200, "{\"errcode\":-1,\"errmsg\":\"system busy\"}", Verdict::Later(None)),
            (200, "{\"errcode\":77777}", Verdict::Later(None)),
            (200, "", Verdict::Later(None)),
            (404, "", Verdict::Gone),
        ],
    );
}
