use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

#[tokio::test]
async fn each_channel_is_told_in_its_own_language() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let way = || Way::Webhook(hooks::open(&server.uri()));
    let mut notifier = notifier(way());
    let chinese = Channel { language: Some(Language::Chinese), templates: Templates::default(), way: way() };
    notifier.channels.insert("chinese".to_owned(), chinese);
    notifier.outlets = outlets(&notifier.channels, None).0;
    notifier.people[0].role = "technical-lead".to_owned();
    for channel in ["it", "chinese"] {
        notifier.deliver(channel, "", &Envelope::first(&notice(), now())).await.unwrap();
    }
    notifier.language = Language::Chinese;
    notifier.deliver("it", "", &Envelope::first(&notice(), now())).await.unwrap();
    let told: Vec<String> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect();
    for (body, wanted) in told.iter().zip([
        ["[URGENT] web: rolling back", "technical lead: Ann"],
        ["[紧急告警] web: 正在自动回滚", "技术负责人: Ann"],
        ["[紧急告警] web: 正在自动回滚", "技术负责人: Ann"],
    ]) {
        assert!(wanted.iter().all(|words| body.contains(words)), "{wanted:?} in {body}");
    }
    assert_eq!(told.len(), 3);
}
