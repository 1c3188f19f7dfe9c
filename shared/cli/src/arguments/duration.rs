//! Durations as people write them.

use curfew_domain::time::AccessDuration;

/// Reads `PT1H30M`, or `1h30m` with days, hours, minutes and seconds.
pub(crate) fn duration(text: &str) -> Result<AccessDuration, String> {
    if text.starts_with('P') {
        return AccessDuration::parse(text).map_err(|error| error.to_string());
    }
    let wrong = || format!("`{text}` is no duration; write for example 1h30m, 45m, 2d or PT1H30M");
    let (mut seconds, mut digits) = (0_i64, String::new());
    for letter in text.trim().chars() {
        let unit = match letter {
            '0'..='9' => {
                digits.push(letter);
                continue;
            }
            'd' => 24 * 3_600,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return Err(wrong()),
        };
        let number: i64 = digits.parse().map_err(|_| wrong())?;
        seconds = number.checked_mul(unit).and_then(|more| seconds.checked_add(more)).ok_or_else(wrong)?;
        digits.clear();
    }
    if !digits.is_empty() || text.trim().is_empty() {
        return Err(wrong());
    }
    AccessDuration::from_seconds(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them_and_in_iso_8601() {
        for (text, seconds) in [("1h30m", 5_400), ("45m", 2_700), ("2d", 172_800), ("PT1H30M", 5_400), ("90s", 90)] {
            assert_eq!(duration(text).unwrap().seconds(), seconds, "{text}");
        }
        for bad in
            ["", "1", "h", "1x", "30s", "1h30", "-1h", "99999999999999999999h", "999999999999999999d", "P1D", "1,5h"]
        {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
