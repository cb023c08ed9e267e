//! Numbers, their dates and their chain, on both databases.

use crate::ROOMS;
use crate::city::{COMMUNE, DEPARTMENT, room};
use haidang_kernel::problem::Problem;
use haidang_office::OfficeRoom;
use haidang_office::registers::{self, Claim, Direction, Entry, Taken};
use haidang_testkit::{TestDb, db_test};
use jiff::civil::{Date, date};

async fn take_on(room: &OfficeRoom, agency: &str, group: &str, on: Date) -> Result<Taken, Problem> {
    let (agency, group, ambient) = (agency.to_owned(), group.to_owned(), room.ambient.clone());
    let document: haidang_kernel::id::Id<()> = ambient.new_id();
    let document = document.to_string();
    room.db
        .transaction(move |tx| {
            let (agency, group, ambient, document) = (agency.clone(), group.clone(), ambient.clone(), document.clone());
            Box::pin(async move {
                let claim = Claim {
                    agency: &agency,
                    direction: Direction::Out,
                    group: &group,
                    document: &document,
                    on,
                    summary: Entry {
                        notation: "QĐ-UBND".into(), subject: "Về việc mẫu".into(), ..Entry::default()
                    },
                };
                registers::take(tx, &ambient, &claim).await
            })
        })
        .await
}

db_test! {
    rooms = ROOMS;

    async fn numbers_follow_each_other_in_every_book(db: TestDb) {
        let room = room(&db).await;
        let today = room.ambient.today();
        for (agency, group, number) in [
            (COMMUNE, "admin", 1),
            (COMMUNE, "admin", 2),
            (COMMUNE, "legal", 1),
            (DEPARTMENT, "admin", 1),
            (COMMUNE, "admin", 3),
        ] {
            assert_eq!(take_on(&room, agency, group, today).await.unwrap().number, number, "{agency} {group}");
        }
        for (group, on, code) in [
            ("no-such", today, "register_unknown"),
            ("admin", today.tomorrow().unwrap(), "register_date_in_future"),
            ("admin", today.yesterday().unwrap(), "register_backdated"),
            ("admin", date(today.year() - 1, 12, 31), "register_frozen"),
        ] {
            assert_eq!(take_on(&room, COMMUNE, group, on).await.unwrap_err().code, code, "{group} {on}");
        }
        assert_eq!(take_on(&room, COMMUNE, "admin", today).await.unwrap().number, 4);
    }
}
