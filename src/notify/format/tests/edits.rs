//! One message per incident where the platform can change one, and everything that goes beside a message.

use std::sync::Arc;

use serde_json::json;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::double::{secret, tell_all};
use super::*;
use crate::notify::Receipt;
use crate::notify::template;

/// What arrived: method, path, body.
type Arrived = Vec<(String, String, String)>;

async fn platform(answer: impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static) -> MockServer {
    let server = MockServer::start().await;
    let answer = Arc::new(answer);
    Mock::given(wiremock::matchers::any())
        .respond_with(move |request: &Request| answer(request))
        .mount(&server)
        .await;
    server
}

async fn arrived(server: &MockServer) -> Arrived {
    let requests = server.received_requests().await.unwrap();
    let one = |request: &Request| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        (request.method.to_string(), request.url.path().to_owned(), body)
    };
    requests.iter().map(one).collect()
}

fn quiet() -> Notice {
    notice(News::ReleaseAccepted, Tier::General, "1.4.2")
}

async fn discord(
    answer: u16,
    notice: &Notice,
    thread: Option<&str>,
    picture: Option<Vec<u8>>,
) -> (Receipt, Arrived) {
    let server = platform(move |request| {
        if request.method.as_str() == "PATCH" {
            let gone = "{\"message\":\"Unknown Message\",\"code\":10008}";
            let body = if answer == 200 { "{\"id\":\"77\"}" } else { gone };
            return ResponseTemplate::new(answer).set_body_string(body);
        }
        ResponseTemplate::new(200).set_body_string("{\"id\":\"99\"}")
    })
    .await;
    let url = format!("{}/api/webhooks/1/t0ken?thread_id=5", server.uri());
    let receipt = tell_all(&url, WebhookFormat::Discord, false, notice, thread, picture).await.unwrap();
    (receipt, arrived(&server).await)
}

fn ways(arrived: &Arrived) -> Vec<(&str, &str)> {
    arrived.iter().map(|(method, path, _)| (method.as_str(), path.as_str())).collect()
}

const POST: (&str, &str) = ("POST", "/api/webhooks/1/t0ken");
const PATCH: (&str, &str) = ("PATCH", "/api/webhooks/1/t0ken/messages/77");

#[tokio::test]
async fn discord_has_one_card_per_incident_and_a_message_for_what_is_to_be_heard() {
    let (first, sent) = discord(200, &story(), None, None).await;
    assert_eq!((first.thread.as_deref(), ways(&sent)), (Some("99"), vec![POST]));
    let (again, sent) = discord(200, &story(), Some("77"), None).await;
    assert_eq!((again.thread, ways(&sent)), (None, vec![POST, PATCH]));
    let [new, changed] = [0, 1].map(|at| serde_json::from_str::<Value>(&sent[at].2).unwrap());
    assert_eq!(new["embeds"], changed["embeds"], "the first message says what is so now");
    let (silent, sent) = discord(200, &quiet(), Some("77"), None).await;
    assert_eq!((silent.thread, ways(&sent)), (None, vec![PATCH]), "what makes no sound needs no message");
}

#[tokio::test]
async fn a_message_that_was_deleted_is_written_anew() {
    let (receipt, sent) = discord(404, &quiet(), Some("77"), None).await;
    assert_eq!((receipt.thread.as_deref(), ways(&sent)), (Some("99"), vec![PATCH, POST]));
    let (receipt, sent) = discord(404, &story(), Some("77"), None).await;
    assert_eq!((receipt.thread.as_deref(), ways(&sent)), (Some("99"), vec![POST, PATCH]));
    assert!(receipt.answer.contains("the first message could not be changed"), "{}", receipt.answer);
    let (receipt, _) = discord(500, &story(), Some("77"), None).await;
    assert_eq!(receipt.thread, None, "it may be changed another time");
}

#[tokio::test]
async fn discord_gets_the_picture_as_a_file() {
    let picture = b"\x89PNG\r\n\x1a\n\xff\x00rest".to_vec();
    let (_, sent) = discord(200, &story(), None, Some(picture)).await;
    let body = &sent[0].2;
    let json = body.split("\r\n\r\n").nth(1).unwrap().split("\r\n--").next().unwrap();
    let json: Value = serde_json::from_str(json).unwrap();
    assert_eq!(json["embeds"][0]["image"]["url"], "attachment://chart.png");
    assert_eq!(json["attachments"], json!([{ "id": 0, "filename": "chart.png" }]));
    for (name, kind) in [
        ("name=\"payload_json\"", "application/json"),
        ("name=\"files[0]\"; filename=\"chart.png\"", "image/png"),
    ] {
        let head = format!("Content-Disposition: form-data; {name}\r\nContent-Type: {kind}\r\n\r\n");
        assert!(body.contains(&head), "lacks {head}: {body}");
    }
    assert!(body.contains("PNG\r\n") && body.trim_end().ends_with("--"));
    let edge = body.lines().next().unwrap();
    assert_eq!(body.matches(edge).count(), 3, "{edge}");
}

async fn telegram(edit: (u16, &'static str), notice: &Notice, thread: Option<&str>) -> (Receipt, Arrived) {
    let server = platform(move |request| {
        let edits = request.url.path().ends_with("/editMessageText");
        let sent = (200, "{\"ok\":true,\"result\":{\"message_id\":9}}");
        let (status, body) = if edits { edit } else { sent };
        ResponseTemplate::new(status).set_body_string(body)
    })
    .await;
    let (_file, token) = secret(super::telegram::TOKEN);
    let format = WebhookFormat::Telegram { chat: "-1001".to_owned(), topic: None, token };
    let receipt = tell_all(&server.uri(), format, false, notice, thread, None).await.unwrap();
    (receipt, arrived(&server).await)
}

fn methods(arrived: &Arrived) -> Vec<&str> {
    arrived.iter().map(|(_, path, _)| path.rsplit('/').next().unwrap()).collect()
}

#[tokio::test]
async fn telegram_answers_the_first_message_and_changes_it() {
    let taken = (200, "{\"ok\":true,\"result\":{\"message_id\":5}}");
    let (first, sent) = telegram(taken, &story(), None).await;
    assert_eq!((first.thread.as_deref(), methods(&sent)), (Some("-1001:9"), vec!["sendMessage"]));
    let (again, sent) = telegram(taken, &story(), Some("-1001:5")).await;
    assert_eq!((again.thread, methods(&sent)), (None, vec!["sendMessage", "editMessageText"]));
    let [reply, change] = [0, 1].map(|at| serde_json::from_str::<Value>(&sent[at].2).unwrap());
    let reply_to = json!({ "message_id": 5, "allow_sending_without_reply": true });
    assert_eq!((&reply["reply_parameters"], &change["message_id"]), (&reply_to, &json!(5)));
    assert_eq!(reply["text"], change["text"]);

    let same = "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: message is not modified\"}";
    let (silent, sent) = telegram((400, same), &quiet(), Some("-1001:5")).await;
    assert_eq!((silent.thread, methods(&sent)), (None, vec!["editMessageText"]), "it says so already");
    let none = "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: message to edit not found\"}";
    let (new, sent) = telegram((400, none), &quiet(), Some("-1001:5")).await;
    assert_eq!(
        (new.thread.as_deref(), methods(&sent)),
        (Some("-1001:9"), vec!["editMessageText", "sendMessage"])
    );
    let (other, sent) = telegram(taken, &story(), Some("-77:5")).await;
    assert_eq!(
        (other.thread.as_deref(), methods(&sent)),
        (Some("-1001:9"), vec!["sendMessage"]),
        "of another chat"
    );
}

#[tokio::test]
async fn wecom_gets_the_picture_and_the_call_as_messages() {
    for answer in ["{\"errcode\":0}", "{\"errcode\":45009,\"errmsg\":\"api freq out of limit\"}"] {
        let server = platform(move |request| {
            let markdown = String::from_utf8_lossy(&request.body).contains("markdown");
            let body = if markdown { "{\"errcode\":0}" } else { answer };
            ResponseTemplate::new(200).set_body_string(body)
        })
        .await;
        let url = format!("{}/cgi-bin/webhook/send?key=0-0-0", server.uri());
        let format = WebhookFormat::Wecom;
        let receipt = tell_all(&url, format, true, &story(), None, Some(b"abc".to_vec())).await.unwrap();
        let bodies: Vec<Value> =
            arrived(&server).await.iter().map(|it| serde_json::from_str(&it.2).unwrap()).collect();
        let kinds: Vec<&str> = bodies.iter().map(|body| body["msgtype"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["markdown", "image", "text"]);
        // RFC 1321, A.5
        let image = json!({ "base64": "YWJj", "md5": "900150983cd24fb0d6963f7d28e17f72" });
        assert_eq!(bodies[1]["image"], image);
        assert_eq!(bodies[2]["text"]["mentioned_list"], json!(["@all"]));
        assert!(bodies[2]["text"]["content"].as_str().unwrap().len() <= 2048);
        assert_eq!(
            receipt.answer.contains("not all of it was taken"),
            answer.contains("45009"),
            "{}",
            receipt.answer
        );
    }
}

/// Only urgent news of what is going on calls everybody, and only where that was asked for.
#[test]
fn everybody_is_called_by_what_is_urgent() {
    let calls = |format: &WebhookFormat, notice: &Notice, mention: bool| {
        let url = config::Url::Open("https://x.example/api/webhooks/1/t".to_owned());
        let channel =
            WebhookChannel { format: format.clone(), url, mention, access: crate::config::Access::default() };
        let plan = with_context(Language::English, |context| {
            write(&channel, &template::message(notice, context), notice, context)
        })
        .unwrap();
        let extras = plan.besides.into_iter().map(|beside| match beside {
            Beside::Edit(post) | Beside::Extra(post) => post.body,
        });
        let all: String = extras.chain([plan.post.body]).collect();
        let words = [
            "<!channel>",
            "\"@everyone\"",
            "\"@channel\"",
            "<at id=all></at>",
            "\"isAtAll\":true",
            "\"@all\"",
        ];
        words.iter().filter(|word| all.contains(**word)).count()
    };
    let over = notice(News::RollbackSucceeded { took: Duration::from_secs(9) }, Tier::Urgent, "1");
    let formats = [
        WebhookFormat::Slack,
        WebhookFormat::Discord,
        WebhookFormat::Mattermost,
        WebhookFormat::Feishu { secret: None },
        WebhookFormat::Dingtalk { secret: None },
        WebhookFormat::Wecom,
    ];
    for format in formats {
        assert_eq!(calls(&format, &story(), true), 1, "{format:?}");
        for (notice, mention) in [
            (story(), false),
            (over.clone(), true),
            (notice(News::DecisionRequired, Tier::Important, "1"), true),
            (quiet(), true),
        ] {
            assert_eq!(calls(&format, &notice, mention), 0, "{format:?} {:?}", notice.news);
        }
    }
}
