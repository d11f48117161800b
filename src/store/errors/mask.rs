//! What differs between two lines of one error: numbers, ids, times, addresses. Each becomes `#`.

/// Hands out a text piece by piece, masked, blanks drawn together; at most `limit` bytes of it are looked at.
pub fn masked(text: &str, limit: usize, mut out: impl FnMut(&str)) {
    let bytes = text.as_bytes();
    let end = text.floor_char_boundary(limit);
    let mut at = 0;
    // `#` is not written twice with nothing but `.`, `:` or `-` between: 1.5 is what 12 is, and 10.0.0.1 what a name is.
    let mut hash = false;
    let mut held: Option<&str> = None;
    let mut blank = false;
    while at < end {
        let byte = bytes[at];
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            let start = at;
            while at < end && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                at += 1;
            }
            if bytes.get(start..start + 36).is_some_and(is_uuid) {
                at = (start + 36).min(end);
                mark(&mut hash, &mut held, &mut out);
            } else {
                word(&text[start..at], &mut hash, &mut held, &mut out);
            }
            blank = false;
        } else if byte == b' ' || byte == b'\t' || byte == b'\n' || byte == b'\r' {
            at += 1;
            release(&mut hash, &mut held, &mut out);
            if !blank {
                out(" ");
            }
            blank = true;
        } else {
            let start = at;
            at += 1;
            while !text.is_char_boundary(at) {
                at += 1;
            }
            let sign = &text[start..at];
            if hash && held.is_none() && matches!(byte, b'.' | b':' | b'-' | b',' | b'+') {
                held = Some(sign);
            } else {
                release(&mut hash, &mut held, &mut out);
                out(sign);
            }
            blank = false;
        }
    }
    release(&mut hash, &mut held, &mut out);
}

fn mark(hash: &mut bool, held: &mut Option<&str>, out: &mut impl FnMut(&str)) {
    if !*hash || held.is_none() {
        out("#");
    }
    *hash = true;
    *held = None;
}

fn release(hash: &mut bool, held: &mut Option<&str>, out: &mut impl FnMut(&str)) {
    if let Some(sign) = held.take() {
        out(sign);
    }
    *hash = false;
}

/// A word between signs; its parts between underscores are masked each on its own.
fn word<'a>(word: &'a str, hash: &mut bool, held: &mut Option<&'a str>, out: &mut impl FnMut(&str)) {
    if !word.bytes().any(|byte| byte.is_ascii_digit()) {
        release(hash, held, out);
        out(word);
        return;
    }
    if is_id(word) {
        mark(hash, held, out);
        return;
    }
    release(hash, held, out);
    for (place, part) in word.split('_').enumerate() {
        if place > 0 {
            out("_");
        }
        match part.bytes().position(|byte| byte.is_ascii_digit()) {
            None => out(part),
            Some(_) if is_id(part) => out("#"),
            Some(digits) => {
                out(&part[..digits]);
                out("#");
            }
        }
    }
}

/// A number, with a unit or without; or letters and digits in turns, as ids have them.
fn is_id(word: &str) -> bool {
    let bytes = word.as_bytes();
    if bytes.contains(&b'_') {
        return false;
    }
    if bytes.first().is_some_and(u8::is_ascii_digit) {
        return true;
    }
    let hex = bytes.len() >= 8 && bytes.iter().all(u8::is_ascii_hexdigit);
    let turns = bytes.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    hex || turns >= 2
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}
