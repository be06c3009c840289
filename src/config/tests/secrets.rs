//! Secrets are files, and no line that is shown holds one.

use std::os::unix::fs::PermissionsExt;

use super::Place;
use crate::config::mask::mask;

#[test]
fn files_of_secrets_must_be_there_and_private() {
    let place = Place::new();
    place.write("good", "x");
    let open = place.write("open", "x");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o640)).unwrap();
    place.write("empty", "");
    std::fs::create_dir(place.path("dir")).unwrap();
    let hook = |name: &str, file: &str| {
        format!("[channel.{name}.webhook]\nurl = \"https://a/\"\nsecret-file = \"{file}\"\n")
    };
    let cases = [
        ("a", "good"),
        ("b", "open"),
        ("c", "empty"),
        ("d", "dir"),
        ("e", "none"),
        ("f", "credential:chat-1.key"),
        ("g", "credential:../shadow"),
        ("h", "credential:"),
        ("i", "credential:.."),
    ];
    let text: String = cases.iter().map(|(name, file)| hook(name, file)).collect();
    place.write("rules.toml", text + "[channel.j.email]\nto = [\"a@b.c\"]\nfrom = \"a@b.c\"\nsmtp = \"smtp://a\"\nca-file = \"none\"");
    insta::assert_snapshot!(place.told(&[]));
}

/// Each line is wrong beside the secret, so that it is shown.
#[test]
fn no_secret_is_ever_shown() {
    const CANARY: &str = "canary-7ee1";
    let lines = [
        format!("[channel.a]\nemail = {{ too = 1, username = \"u\", password = \"{CANARY}\", smtp = 3 }}"),
        format!("[channel.a]\nemail = {{ too = 1, smtp = \"smtp://user:{CANARY}@host\" }}"),
        format!("[channel.a]\nemail = {{ smtp = \"smtp://user:{CANARY}@ho st\" }}"),
        format!("[channel.a]\nemail.password = '{CANARY}'"),
        format!("[channel.a]\nemail.\"password\" = {CANARY}"),
        format!("[channel.a]\nemail.password = \"{CANARY}"),
        format!("[channel.a]\nwebhook = {{ url = 1, secret=\"x\\\"{CANARY}\" }}"),
        format!("[channel.a]\nwebhook = {{ url = \"https://user:{CANARY}@host/\" }}"),
        format!("[channel.a]\nwebhook.secret = [\"x\", \"{CANARY}\"]"),
        format!("[channel.a]\nwebhook.secret = \"\"\"\n{CANARY} \\q\"\"\""),
        format!(
            "[service.a.health.b]\nurl = 1\nheaders = {{ \"a b\" = \"\", Authorization = \"Bearer {CANARY}\" }}"
        ),
        format!("[service.a.health.b]\nurl = \"ftp://user:{CANARY}@host\""),
        format!("API_TOKEN = \"{CANARY}\""),
        format!(
            "[channel.a]\nwebhook = {{ format = \"wecom\", url = \"https://qyapi.weixin.qq.com/send?key={CANARY}\" }}"
        ),
        format!(
            "[channel.a]\nwebhook = {{ format = \"slack\", url = \"https://hooks.slack.com/T0/{CANARY}-long-7\" }}"
        ),
        format!(
            "[channel.a]\nwebhook = {{ format = \"teams\", url = \"https://x/?a=1&sig={CANARY}%2F#{CANARY}-long-7\" }}"
        ),
        format!("[channel.a]\nemail = {{ smtp = \"smtp://user:a?b#c{CANARY}@ho st\" }}"),
    ];
    for text in lines {
        let mistakes = super::load(&text).expect_err(&text);
        let all = format!("{mistakes} {} {} {mistakes:?}", mistakes.summary(), mistakes.render(true));
        assert!(!all.contains(CANARY), "{text}\n{mistakes}");
    }
    let mistakes = super::load_with("", &[("GOLIVE__CHANNEL__A__EMAIL__PASSWORD", CANARY)]).unwrap_err();
    assert!(!format!("{mistakes:?}").contains(CANARY));
}

#[test]
fn masking_keeps_every_byte_in_its_place_and_the_rest_readable() {
    let text = "password-file = \"/etc/p\"\npassword = \"é\" # über\nurl = \"http://u:p@h/\"\nsecrets = 1\ntoken == \n\
        url = \"https://wiki/how-to-mend-a-broken-database?page=12\"\n";
    let masked = mask(text);
    assert_eq!(masked.len(), text.len());
    assert_eq!(
        masked,
        "password-file = \"/etc/p\"\npassword = **** # über\nurl = \"http://***@h/\"\nsecrets = 1\ntoken =**\n\
        url = \"https://wiki/how-to-mend-a-broken-database?page=12\"\n"
    );
}
