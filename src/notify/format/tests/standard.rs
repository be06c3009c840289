use super::double::{rule, secret};
use super::*;
use crate::notify::format::standard;

pub(super) const STANDARD: Double = Double { check, yes: (204, ""), no: 400 };
pub(super) const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn check(sent: &Sent) -> Result<(), String> {
    let stamp = sent.headers["webhook-timestamp"].parse::<i64>().map_err(|_| "timestamp")?;
    let wanted = standardwebhooks::Webhook::new(SECRET).unwrap().sign(
        &sent.headers["webhook-id"],
        stamp,
        sent.raw.as_bytes(),
    );
    rule(sent.headers["webhook-signature"] == wanted.unwrap(), "signature")?;
    rule(sent.headers["webhook-id"] == "web-1.2", "id")?;
    rule(sent.body["type"].as_str().is_some_and(|kind| kind.starts_with("golive.")), "type")
}

#[tokio::test]
async fn a_signed_webhook_takes_everything() {
    let (_file, secret) = secret(SECRET);
    double(STANDARD, WebhookFormat::Standard { secret: Some(secret) }, "/").await;
}

#[test]
fn the_signature_is_the_known_one() {
    let body = r#"{"email":"test@example.com","username":"test_user"}"#;
    let sign = standard::sign(SECRET, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body).unwrap();
    assert_eq!(sign, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
}
