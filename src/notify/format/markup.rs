//! Foreign words in a platform's markup: shown as they are, and doing nothing.

use percent_encoding::{AsciiSet, utf8_percent_encode};

/// Breaks a word where clients would make something of it, without being seen.
const WORD_JOINER: char = '\u{2060}';

/// Neither a mention nor a link comes of the text, whatever the client looks for in plain words.
pub(super) fn defuse(text: &str) -> String {
    let mut defused = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        defused.push(character);
        let after = &text[at + character.len_utf8()..];
        let address = character == ':' && after.starts_with("//");
        let www = character == '.' && defused.len() >= 4 && ends_in_www(&defused);
        if matches!(character, '@' | '＠') || address || www {
            defused.push(WORD_JOINER);
        }
    }
    defused
}

fn ends_in_www(text: &str) -> bool {
    text.as_bytes()[text.len() - 4..].eq_ignore_ascii_case(b"www.")
}

/// For clients that make links of bare domains, tags and commands too.
pub(super) fn defuse_words(text: &str) -> String {
    let mut defused = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        defused.push(character);
        let word = rest.peek().is_some_and(|next| next.is_alphanumeric() && !next.is_ascii_digit());
        if matches!(character, '/' | '#' | '$' | '.') && word {
            defused.push(WORD_JOINER);
        }
    }
    defused
}

/// For Slack: only these three mean anything outside of formatting.
pub(super) fn entities(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// For HTML.
pub(super) fn html(text: &str) -> String {
    entities(text).replace('"', "&quot;")
}

/// For `CommonMark`: a backslash before whatever could mean something.
pub(super) fn backslashes(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut begins = true;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let emoji = character == ':'
            && rest.peek().is_some_and(|next| next.is_alphabetic() || matches!(next, '+' | '-' | '_'));
        if "\\`*_~|[]<@".contains(character) || emoji || (begins && "#>+-=".contains(character)) {
            escaped.push('\\');
        }
        escaped.push(character);
        begins = character == '\n' || (begins && character == ' ');
    }
    escaped
}

/// For dialects of Markdown that know no escape: look-alikes that mean nothing.
pub(super) fn look_alikes(text: &str) -> String {
    let look_alike = |character| match character {
        '\\' => '＼',
        '`' => '｀',
        '*' => '＊',
        '_' => '＿',
        '~' => '～',
        '|' => '｜',
        '[' => '［',
        ']' => '］',
        '<' => '＜',
        '>' => '＞',
        '#' => '＃',
        '!' => '！',
        '&' => '＆',
        other => other,
    };
    text.replace("->", "→").chars().map(look_alike).collect()
}

/// What stands between backticks: nothing in there is looked at but the end.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

/// What some markup knows, where an address stands in it.
const MARKUP: AsciiSet = AsciiSet::EMPTY
    .add(b'|')
    .add(b'(')
    .add(b')')
    .add(b'[')
    .add(b']')
    .add(b'{')
    .add(b'}')
    .add(b'<')
    .add(b'>')
    .add(b'"')
    .add(b'\'')
    .add(b'`')
    .add(b'*')
    .add(b'\\')
    .add(b'^')
    .add(b'~');

/// An `http` or `https` address, with nothing left in it that any markup knows.
pub(super) fn link(text: &str) -> Option<String> {
    let url = reqwest::Url::parse(text.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    Some(utf8_percent_encode(url.as_str(), &MARKUP).to_string())
}
