//! National statuses of a case (`TrangThaiHoSo`, 1 to 10) and which may follow which.

/// Statuses that may follow each status.
///
/// Beside the printed table: 1 → 4 never (intake first); a status may follow itself (a second notice, a note).
pub const NEXT: [(i64, &[i64]); 10] = [
    (1, &[1, 2, 3, 5, 7]),
    (2, &[2, 4, 7, 8]),
    (3, &[]),
    (4, &[4, 5, 6, 7, 8, 9]),
    (5, &[2, 4, 5, 7, 8]),
    (6, &[4, 8]),
    (7, &[8, 4]),
    (8, &[]),
    (9, &[9, 10, 4]),
    (10, &[]),
];

/// Whether the national table lets one status follow another.
pub fn allows(from: i64, to: i64) -> bool {
    NEXT.iter().any(|(status, next)| *status == from && next.contains(&to))
}

/// The shortest way from one status to another, without the first and with the last: `[4, 5]` from 2 to 5. `None` when
/// there is none, as from an end.
pub fn way(from: i64, to: i64) -> Option<Vec<i64>> {
    if allows(from, to) {
        return Some(vec![to]);
    }
    let mut ways = vec![vec![from]];
    let mut seen = vec![from];
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for known in &ways {
            let last = known.last().copied().unwrap_or(from);
            for (_, next) in NEXT.iter().filter(|(status, _)| *status == last) {
                for status in next.iter().filter(|status| !seen.contains(status)) {
                    let mut further = known.clone();
                    further.push(*status);
                    longer.push(further);
                }
            }
        }
        if let Some(found) = longer.iter().find(|way| way.last() == Some(&to)) {
            return Some(found.iter().skip(1).copied().collect());
        }
        seen.extend(longer.iter().filter_map(|way| way.last().copied()));
        ways = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ways_are_the_shortest() {
        for (from, to, expected) in [
            (1, 2, Some(vec![2])),
            (1, 1, Some(vec![1])),
            (1, 4, Some(vec![2, 4])),
            (2, 5, Some(vec![4, 5])),
            (2, 10, Some(vec![4, 9, 10])),
            (9, 5, Some(vec![4, 5])),
            (3, 4, None),
            (10, 4, None),
            (4, 1, None),
            (8, 8, None),
        ] {
            assert_eq!(way(from, to), expected, "{from} to {to}");
        }
    }

    proptest! {
        #[test]
        fn every_step_of_a_way_is_in_the_table(from in 1i64..=10, to in 1i64..=10) {
            if let Some(found) = way(from, to) {
                let mut last = from;
                for status in &found {
                    prop_assert!(allows(last, *status), "{} to {}", last, status);
                    last = *status;
                }
                prop_assert_eq!(last, to);
            }
        }
    }
}
