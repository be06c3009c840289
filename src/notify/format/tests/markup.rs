use crate::notify::format::markup::{
    backslashes, code, defuse, defuse_words, entities, html, link, look_alikes,
};

#[test]
fn words_do_nothing_by_themselves() {
    assert_eq!(
        defuse("@all a@b http://x HTTPS://x www.x WWW.x"),
        "@\u{2060}all a@\u{2060}b http:\u{2060}//x HTTPS:\u{2060}//x www.\u{2060}x WWW.\u{2060}x"
    );
    assert_eq!(defuse("10:00 a//b 1.4.2 web."), "10:00 a//b 1.4.2 web.");
    assert_eq!(
        defuse_words("evil.com /stop #tag $USD 1.4.2 3/4"),
        "evil.\u{2060}com /\u{2060}stop #\u{2060}tag $\u{2060}USD 1.4.2 3/4"
    );
}

#[test]
fn escapes() {
    assert_eq!(entities("<!channel>&lt;"), "&lt;!channel&gt;&amp;lt;");
    assert_eq!(html("<a href=\"x\">"), "&lt;a href=&quot;x&quot;&gt;");
    assert_eq!(backslashes("[a](b) *c* `d`"), "\\[a\\](b) \\*c\\* \\`d\\`");
    assert_eq!(look_alikes("[a](b) <font> **c**"), "［a］(b) ＜font＞ ＊＊c＊＊");
    assert_eq!(backslashes("# a > 10:00 :sos: x-1\n  - y: 1"), "\\# a > 10:00 \\:sos: x-1\n  \\- y: 1");
    assert_eq!(look_alikes("1 -> 2"), "1 → 2");
    assert_eq!(code("a `b` c"), "`a 'b' c`");
}

#[test]
fn only_the_web_is_linked_to() {
    assert_eq!(
        link(" https://a.example/x y?a=1&b=(2)|<3> ").unwrap(),
        "https://a.example/x%20y?a=1&b=%282%29%7C%3C3%3E"
    );
    for text in [
        "",
        "page 7 of the folder",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "data:text/html,x",
        "mailto:a@b.c",
    ] {
        assert_eq!(link(text), None, "{text}");
    }
}
