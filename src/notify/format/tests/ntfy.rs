use super::double::{list, no_links, rule, secret, text};
use super::*;
use crate::notify::format::ntfy;

pub(super) const NTFY: Double =
    Double { check, yes: (200, "{\"id\":\"abc\",\"event\":\"message\"}"), no: 400 };

fn check(sent: &Sent) -> Result<(), String> {
    rule(sent.headers["authorization"] == "Bearer tk_abc", "40101 unauthorized")?;
    rule(sent.path == "/base/", "40017 not JSON to the root")?;
    rule(sent.body["topic"] == "golive-prod", "40009 topic")?;
    let message = text(&sent.body, "/message");
    rule(!message.is_empty() && message.len() <= 4096, "becomes an attachment")?;
    rule(!text(&sent.body, "/title").is_empty() && text(&sent.body, "/title").len() <= 250, "title")?;
    rule(
        sent.body["priority"].as_u64().is_some_and(|priority| (1..=5).contains(&priority)),
        "40007 priority",
    )?;
    rule(sent.body["markdown"].is_null(), "Markdown is on")?;
    rule(list(&sent.body, "/tags").len() == 1, "tags")?;
    rule(sent.body["click"].is_null() || text(&sent.body, "/click") == markup_link(), "a foreign link")?;
    no_links(message)
}

#[tokio::test]
async fn ntfy_takes_everything() {
    let (_file, token) = secret("tk_abc");
    double(NTFY, WebhookFormat::Ntfy { token: Some(token) }, "/base/golive-prod").await;
}

#[test]
fn the_address_is_the_server_and_the_topic() {
    let address =
        |url: &str| ntfy::address(url.parse().unwrap()).map(|(url, topic)| format!("{url} {topic}"));
    assert_eq!(address("https://ntfy.sh/a-b_C1").unwrap(), "https://ntfy.sh/ a-b_C1");
    assert_eq!(address("https://x/y/topic?up=1#f").unwrap(), "https://x/y/ topic");
    for bad in ["https://ntfy.sh", "https://ntfy.sh/", "https://ntfy.sh/a/", "https://ntfy.sh/a%20b"] {
        assert_eq!(address(bad), None, "{bad}");
    }
    assert_eq!(address(&format!("https://ntfy.sh/{}", "x".repeat(65))), None);
}

#[test]
fn ntfy_is_as_loud_as_the_tier() {
    let told = |news, tier| {
        let body = card_of(&notice(news, tier, "1"), |card| ntfy::body(card, "t"));
        (body["priority"].as_u64().unwrap(), body["tags"][0].as_str().unwrap().to_owned())
    };
    assert_eq!(told(News::ServiceDown, Tier::Urgent), (5, "rotating_light".to_owned()));
    assert_eq!(told(News::RollbackNotReady, Tier::Important), (4, "warning".to_owned()));
    assert_eq!(told(News::ReleaseDetected, Tier::General), (3, "information_source".to_owned()));
    assert_eq!(told(News::ServiceUp, Tier::Urgent), (5, "white_check_mark".to_owned()));
}

#[test]
fn ntfy_is_answered() {
    judged(
        ntfy::judge,
        &[
            (200, "{\"id\":\"x\",\"event\":\"message\"}", Verdict::Taken),
            (200, "<html>welcome to the portal</html>", Verdict::Later(None)),
            (400, "{\"code\":40007,\"http\":400,\"error\":\"invalid priority\"}", Verdict::Refused),
            (401, "{\"code\":40101,\"http\":401}", Verdict::Refused),
            (403, "{\"code\":40301,\"http\":403}", Verdict::Refused),
            (404, "{\"code\":40401,\"http\":404}", Verdict::Refused),
            (429, "{\"code\":42901,\"http\":429}", Verdict::Later(None)),
            (507, "{\"code\":50701,\"http\":507}", Verdict::Later(None)),
        ],
    );
}
