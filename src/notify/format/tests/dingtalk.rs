use base64::Engine as _;

use super::double::{no_links, rule, secret, text};
use super::*;
use crate::notify::format::dingtalk;

pub(super) const DINGTALK: Double =
    Double { check, yes: (200, "{\"errcode\":0,\"errmsg\":\"ok\"}"), no: 200 };
pub(super) const SECRET: &str = "SEC000000000000000000000000000000000000000000000000000000000000golive";

fn check(sent: &Sent) -> Result<(), String> {
    let refuse =
        |code: u32, why: &str| Err(serde_json::json!({ "errcode": code, "errmsg": why }).to_string());
    let stamp = sent.query["timestamp"].as_str();
    let signed = base64::engine::general_purpose::STANDARD
        .encode(hmac_sha256::HMAC::mac(format!("{stamp}\n{SECRET}"), SECRET));
    let late = (stamp.parse::<i64>().unwrap() - now().as_millisecond()).abs() > 3_600_000;
    if sent.query["access_token"] != "abc" || sent.query["sign"] != signed || late {
        return refuse(310_000, "sign not match");
    }
    if sent.raw.len() > 20_000 {
        return refuse(460_101, "message too long");
    }
    let (title, shown) = (text(&sent.body, "/markdown/title"), text(&sent.body, "/markdown/text"));
    if sent.body["msgtype"] != "markdown" || title.is_empty() || shown.is_empty() {
        return refuse(300_001, "param error");
    }
    markdown(shown).or_else(|why| refuse(1, &why))?;
    rule(sent.body["at"]["isAtAll"] == false && !shown.contains("@a"), "everybody is called")
}

/// Of what can be marked up, only golive's own is.
pub(super) fn markdown(shown: &str) -> Result<(), String> {
    no_links(shown)?;
    let fonts = ["<font color=\"warning\">", "<font color=\"comment\">", "<font color=\"info\">", "</font>"];
    let shown = fonts.iter().fold(shown.to_owned(), |text, font| text.replacen(font, "", 1));
    for (at, line) in shown.lines().enumerate() {
        let mut line = line;
        if at == 0 {
            line = line.trim_start_matches('#');
        } else if let Some(rest) = line.strip_prefix("**") {
            let (heading, rest) = rest.split_once("**:").ok_or("an open heading")?;
            rule(!heading.contains('*'), "a heading in a heading")?;
            line = rest;
        } else if let Some(rest) = line.strip_prefix('[') {
            line = rest.split_once("](").ok_or("an open link")?.1.strip_suffix(')').ok_or("an open link")?;
            rule(line == markup_link(), "a foreign link")?;
            continue;
        }
        line = line.trim_start_matches(['-', '>', ' ']);
        let code = line.starts_with('`') && line.ends_with('`') && line.matches('`').count() == 2;
        let meaning = ['*', '`', '[', ']', '<', '>', '#', '~', '|', '!'];
        rule(code || !line.contains(meaning), &format!("markup in {line}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn dingtalk_takes_everything() {
    let (_file, secret) = secret(SECRET);
    double(DINGTALK, WebhookFormat::Dingtalk { secret: Some(secret) }, "/robot/send?access_token=abc").await;
}

#[test]
fn the_signature_is_the_known_one_and_encoded_once() {
    assert_eq!(dingtalk::sign(SECRET, 1_700_000_000_000), "dECa0NW+8zuEefT2r4pyHtgLA6BwtXy0EtV0BclRdRY=");
    let url: Url = "https://oapi.dingtalk.com/robot/send?access_token=abc".parse().unwrap();
    assert_eq!(
        dingtalk::address(url.clone(), Some(SECRET), 1_700_000_000_000).query(),
        Some(
            "access_token=abc&timestamp=1700000000000&sign=dECa0NW%2B8zuEefT2r4pyHtgLA6BwtXy0EtV0BclRdRY%3D"
        ),
    );
    assert_eq!(dingtalk::address(url.clone(), None, 1), url);
}

#[test]
fn dingtalk_is_answered() {
    judged(
        dingtalk::judge,
        &[
            (200, "{\"errcode\":0,\"errmsg\":\"ok\"}", Verdict::Taken),
            (200, "{\"errcode\":0,\"errmsg\":\"whatever\"}", Verdict::Taken),
            (200, "{\"errmsg\":\"ok\"}", Verdict::Later(None)),
            (200, "ok", Verdict::Later(None)),
            (
                200,
                "{\"errcode\":130101,\"errmsg\":\"send too fast, exceed 20 times per minute\"}",
                later(600),
            ),
            (200, "{\"errcode\":410100}", later(600)),
            (200, "{\"errcode\":-1,\"errmsg\":\"system busy\"}", Verdict::Later(None)),
            (200, "{\"errcode\":310000,\"errmsg\":\"keywords not in content\"}", Verdict::Refused),
            (200, "{\"errcode\":300001}", Verdict::Refused),
            (200, "{\"errcode\":460101}", Verdict::Refused),
            (200, "{\"errcode\":300005,\"errmsg\":\"token is not exist\"}", Verdict::Gone),
            (200, "{\"errcode\":77777}", Verdict::Later(None)),
        ],
    );
}
