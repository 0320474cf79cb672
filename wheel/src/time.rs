//! The time stamp of an archive: from SOURCE_DATE_EPOCH, never from the clock or a file.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::ArchiveError;

/// Seconds since 1970, within what a zip archive can hold: 1980 to 2107, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveTime(i64);

/// 1980-01-01T00:00:00Z, the first moment of the DOS calendar.
const FIRST: i64 = 315_532_800;
/// 2107-12-31T23:59:58Z, the last moment of the DOS calendar.
const LAST: i64 = 4_354_819_198;

impl ArchiveTime {
    /// The earliest time, if no other is known.
    pub const EARLIEST: ArchiveTime = ArchiveTime(FIRST);

    /// A time in seconds since 1970. A time that zip cannot store becomes the nearest one that it
    /// can.
    pub fn from_unix(seconds: i64) -> ArchiveTime {
        ArchiveTime(seconds.clamp(FIRST, LAST))
    }

    /// The value of SOURCE_DATE_EPOCH (<https://reproducible-builds.org/specs/source-date-epoch/>).
    pub fn from_source_date_epoch(value: &str) -> Result<ArchiveTime, ArchiveError> {
        let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        match value.parse::<i64>() {
            Ok(seconds) if digits => Ok(ArchiveTime::from_unix(seconds)),
            _ => Err(ArchiveError::InvalidEpoch(value.to_owned())),
        }
    }

    /// Seconds since 1970.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// The time and the date as a zip header holds them, in UTC, to two seconds.
    pub(crate) fn dos(self) -> (u16, u16) {
        let moment = TimeZone::UTC.to_datetime(Timestamp::from_second(self.0).unwrap_or_default());
        let field = |value: i16, shift: u16| (value as u16) << shift;
        let time = field(moment.hour().into(), 11)
            | field(moment.minute().into(), 5)
            | field(i16::from(moment.second()) / 2, 0);
        let date = field(moment.year() - 1980, 9)
            | field(moment.month().into(), 5)
            | field(moment.day().into(), 0);
        (time, date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dos_time_counts_from_1980_in_two_seconds() {
        assert_eq!(ArchiveTime::EARLIEST.dos(), (0, (1 << 5) | 1));
        // 2024-09-30T12:34:56Z
        let (time, date) = ArchiveTime::from_unix(1_727_699_696).dos();
        assert_eq!((time, date), (0x645c, 0x593e));
    }

    #[test]
    fn times_outside_the_calendar_are_clamped() {
        assert_eq!(ArchiveTime::from_unix(0), ArchiveTime::EARLIEST);
        assert_eq!(ArchiveTime::from_unix(i64::MAX).dos(), (0xbf7d, 0xff9f));
    }

    #[test]
    fn source_date_epoch_is_a_whole_number() {
        assert_eq!(
            ArchiveTime::from_source_date_epoch("1727699696")
                .unwrap()
                .unix(),
            1_727_699_696
        );
        for wrong in ["", "now", "-1", "1.5", "+3"] {
            assert!(
                ArchiveTime::from_source_date_epoch(wrong).is_err(),
                "{wrong}"
            );
        }
        let error = ArchiveTime::from_source_date_epoch("yesterday").unwrap_err();
        insta::assert_snapshot!(error, @"`yesterday` is not a number of seconds since 1970, as SOURCE_DATE_EPOCH must be");
    }
}
