//! `exclude_newer`, `--exclude-newer`: the time from which uploaded files are ignored.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Files that were uploaded at this time or later are ignored. A date means the end of that day in
/// UTC; an age counts from the start of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cutoff(pub Timestamp);

/// Why a text is not such a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is neither a date such as `2024-10-22`, a moment such as `2024-10-22T12:00:00Z`, nor an age such as `7 days`"
)]
pub struct CutoffError(String);

impl FromStr for Cutoff {
    type Err = CutoffError;

    fn from_str(text: &str) -> Result<Self, CutoffError> {
        let error = || CutoffError(text.to_owned());
        if let Ok(moment) = text.parse() {
            return Ok(Self(moment));
        }
        if let Ok(age) = text.parse::<Span>() {
            // From the start of the day, so that it is the same all day long.
            let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
            let then = today.at(0, 0, 0, 0).checked_sub(age);
            let then = then.and_then(|then| then.to_zoned_datetime(TimeZone::UTC));
            return then.map(|then| Self(then.timestamp())).map_err(|_| error());
        }
        text.parse::<Date>()
            .and_then(|date| date.tomorrow()?.to_zoned_datetime(TimeZone::UTC))
            .map(|next_day| Self(next_day.timestamp()))
            .map_err(|_| error())
    }
}

impl fmt::Display for Cutoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let shown = match text.parse::<Cutoff>() {
            Ok(cutoff) => cutoff.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expect);
    }

    #[test]
    fn a_date_means_the_end_of_the_day() {
        check("2024-10-22", "2024-10-23T00:00:00Z");
    }

    #[test]
    fn a_moment_is_taken_as_it_is() {
        check("2024-10-22T14:00:00+02:00", "2024-10-22T12:00:00Z");
    }

    #[test]
    fn a_moment_needs_its_offset() {
        check(
            "yesterday",
            "`yesterday` is neither a date such as `2024-10-22`, a moment such as \
             `2024-10-22T12:00:00Z`, nor an age such as `7 days`",
        );
    }

    #[test]
    fn an_age_counts_from_the_start_of_today() {
        let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
        let today = today.to_zoned_datetime(TimeZone::UTC).unwrap();
        for text in ["7 days", "P7D", "1 week"] {
            let cutoff: Cutoff = text.parse().unwrap();
            let age = today.timestamp().duration_since(cutoff.0);
            assert_eq!(age.as_hours(), 7 * 24, "{text}");
        }
    }
}
