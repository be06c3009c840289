//! XML as it comes, element by element. Nothing is expanded and nothing is fetched.

use std::io::BufRead;

use quick_xml::errors::SyntaxError;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader};

/// No report is nested deeper.
const DEPTH: usize = 64;

/// Gives each element as it begins, with the names of those that it stands in, outermost first.
pub(super) fn elements(
    file: &mut impl BufRead,
    mut each: impl FnMut(&[String], &str, &BytesStart<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let mut reader = Reader::from_reader(file);
    let (mut buffer, mut open, mut any) = (Vec::new(), Vec::new(), false);
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        match event.map_err(|error| wrong(&error))? {
            Event::Start(element) => {
                let name = name(&element);
                each(&open, &name, &element)?;
                open.push(name);
                if open.len() > DEPTH {
                    return Err(format!("its elements are nested more than {DEPTH} deep"));
                }
                any = true;
            }
            Event::Empty(element) => {
                each(&open, &name(&element), &element)?;
                any = true;
            }
            Event::End(_) => drop(open.pop()),
            Event::DocType(doctype) if doctype.contains(&b'[') => {
                return Err("it declares entities of its own, which no report needs".to_owned());
            }
            Event::Eof if !open.is_empty() => return Err("it ends in the middle".to_owned()),
            Event::Eof if !any => return Err("it is empty".to_owned()),
            Event::Eof => return Ok(()),
            Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

/// What is no XML, and what is the beginning of some.
fn wrong(error: &Error) -> String {
    if matches!(error, Error::Syntax(what) if *what != SyntaxError::InvalidBangMarkup) {
        return "it ends in the middle".to_owned();
    }
    format!("it is not XML: {error}")
}

/// Without the prefix of its namespace.
fn name(element: &BytesStart<'_>) -> String {
    String::from_utf8_lossy(element.local_name().as_ref()).into_owned()
}

/// The value of an attribute, as it is written.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let found = element.try_get_attribute(name).map_err(|error| format!("it is not XML: {error}"))?;
    Ok(found.map(|found| String::from_utf8_lossy(&found.value).into_owned()))
}
