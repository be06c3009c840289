//! How large the tags of a template may be, which is looked at before it is compiled: what is nested in each other, or
//! hangs on each other in one expression, is compiled by recursion, and a stack that overflows takes the whole process.

/// A tag is no longer, in bytes. Each operator of it may be one level.
const TAG_MAX: usize = 1000;
/// A template has no more `{% … %}`. Each of them may be one level.
const STATEMENTS_MAX: usize = 500;

/// The line that is too much, and why.
pub(super) fn check(text: &str) -> Result<(), (usize, String)> {
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    let (mut at, mut statements) = (0, 0);
    while let Some(found) = text[at..].find('{') {
        let begin = at + found;
        at = begin + 1;
        let end = match text[at..].bytes().next() {
            Some(b'#') => text[at..].find("#}").map_or(text.len(), |end| at + end),
            Some(kind @ (b'{' | b'%')) => {
                statements += usize::from(kind == b'%');
                let end = at + 1 + length(&text.as_bytes()[at + 1..], if kind == b'%' { b'%' } else { b'}' });
                if end - begin > TAG_MAX {
                    return Err((
                        line(begin),
                        format!("a tag is longer than {TAG_MAX} bytes: take it apart"),
                    ));
                }
                end
            }
            Some(_) | None => continue,
        };
        if statements > STATEMENTS_MAX {
            return Err((line(begin), format!("there are more than {STATEMENTS_MAX} statements")));
        }
        at = end;
    }
    Ok(())
}

/// Up to the end of a tag: neither within quotes nor within brackets. Where the engine would see an end earlier, this is
/// only the stricter.
fn length(tag: &[u8], last: u8) -> usize {
    let (mut quote, mut open, mut escaped) = (None, 0_usize, false);
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(end), _) if end == *byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'(' | b'[' | b'{') => open += 1,
            (None, _) if *byte == last && open == 0 && tag.get(at + 1) == Some(&b'}') => return at,
            (None, b')' | b']' | b'}') => open = open.saturating_sub(1),
            (None, _) => {}
        }
    }
    tag.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_tag_is_outside_of_quotes_and_brackets() {
        for fine in [
            "{{ a }} {% if b %}{{ {'a': {'b': 1}} }}{% endif %}{# ' #}{{ \"}}\" }}",
            "{ {{ a }} } it's {{ 'it\\'s' }} %} }} {",
            "",
        ] {
            assert_eq!(check(&format!("{fine}\n{}", "x".repeat(5000))), Ok(()), "{fine}");
        }
        let long = "+1".repeat(600);
        for much in [
            format!("a\n{{{{ 1{long} }}}}"),
            format!("a\n{{{{ '}}}}' ~ 1{long} }}}}"),
            format!("a\n{{{{ {{'a': 1}}['a'] {long} }}}}"),
            format!("a\n{{% if 1{long} %}}{{% endif %}}"),
            format!("a\n{{% set a = {{'b': '%}}'}} {long} %}}"),
            format!("a\n{{{{ 1{long}"),
            format!("a\n{{{{ 1{long} ' }}}}"),
        ] {
            assert_eq!(check(&much).unwrap_err().0, 2, "{much}");
        }
    }
}
