#![allow(clippy::unwrap_used)]
use super::*;
use haidang_contracts::identity::Agency;
use haidang_kernel::id::Id;
use proptest::prelude::*;

const POSITIONS: &str = r#"
    [[role]]
    id = "clerk"
    vi = "Văn thư"
    agencies = ["department"]

    [[role]]
    id = "leader"
    vi = "Giám đốc"
    agencies = ["H24.S01"]
"#;

fn agencies() -> Agencies {
    Agencies::new(["H24.S01", "H24.S02"].map(|code| Agency {
        code: code.into(),
        kind: "department".into(),
        name_vi: code.into(),
        name_en: code.into(),
        parent: None,
        commune_code: None,
        valid_from: None,
        valid_to: None,
        successor: None,
    }))
}

fn roles() -> Roles {
    Roles::from_toml(POSITIONS).unwrap()
}

fn who(number: usize) -> PersonId {
    Id::parse(&format!("0193f000-0000-7000-8000-{number:012}")).unwrap()
}

fn entry(number: usize) -> FoundPerson {
    FoundPerson {
        id: format!("id-{number}"),
        dn: format!("uid=name{number},ou=people,dc=example,dc=vn"),
        username: Some(format!("name{number}")),
        full_name: format!("Nguyễn Văn {number}"),
        email: None,
    }
}

fn known(number: usize) -> Known {
    let entry = entry(number);
    Known {
        person: who(number),
        id: entry.id,
        username: entry.username.unwrap(),
        full_name: entry.full_name,
        email: None,
        gone: false,
    }
}

fn group(name: &str, members: &[&str]) -> FoundGroup {
    FoundGroup { name: name.into(), members: members.iter().map(|member| (*member).to_owned()).collect() }
}

fn clerk() -> Bound {
    Bound { agency: "H24.S01".into(), role: "clerk".into() }
}

fn settings() -> DirectorySettings {
    DirectorySettings {
        url: "ldaps://directory.example.vn".into(),
        bind_dn: "cn=reader,dc=example,dc=vn".into(),
        bind_password: "secret".into(),
        people: "ou=people,dc=example,dc=vn".into(),
        people_filter: "(objectClass=inetOrgPerson)".into(),
        name_attribute: "uid".into(),
        id_attribute: "entryUUID".into(),
        full_name_attribute: "cn".into(),
        groups_filter: "(objectClass=groupOfNames)".into(),
        group_name_attribute: "cn".into(),
        member_attribute: "member".into(),
        largest_loss_percent: 20,
        ..DirectorySettings::default()
    }
}

fn run(reading: &Reading, known: &[Known], held: &[Held], lines: &[&str]) -> Plan {
    let (roles, agencies) = (roles(), agencies());
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let map = PostMap::new(&lines, &roles, &agencies).unwrap();
    plan(reading, &Before { known, held, map: &map, roles: &roles, agencies: &agencies })
}

#[test]
fn settings_that_would_not_be_safe_are_refused() {
    type Change = fn(&mut DirectorySettings);
    let table: [(Change, Option<&str>); 19] = [
        (|_| {}, None),
        (|s| s.url = "ldap://127.0.0.1:3890".into(), None),
        (|s| s.url = "ldap://[::1]:3890".into(), None),
        (|s| s.url = "ldap://localhost".into(), None),
        (|s| s.url = "ldap://directory.example.vn".into(), Some("url")),
        (|s| s.url = "ldap://localhost.example.vn".into(), Some("url")),
        (|s| s.url = "ldap://127.0.0.1.example.vn".into(), Some("url")),
        (
            |s| {
                s.url = "ldap://directory.example.vn".into();
                s.start_tls = true;
            },
            None,
        ),
        (|s| s.url = "ldapi:///var/run/ldap".into(), Some("url")),
        (|s| s.url = "ldaps://".into(), Some("url")),
        (|s| s.bind_password.clear(), Some("bind_password")),
        (|s| s.people.clear(), Some("people")),
        (|s| s.people_filter = "objectClass=person".into(), Some("people_filter")),
        (|s| s.people_filter = "(objectClass=person".into(), Some("people_filter")),
        (|s| s.name_attribute = "uid=*)(x".into(), Some("name_attribute")),
        (|s| s.id_attribute.clear(), Some("id_attribute")),
        (|s| s.mail_attribute.clear(), None),
        (|s| s.mail_attribute = "mail)".into(), Some("mail_attribute")),
        (|s| s.largest_loss_percent = 101, Some("largest_loss_percent")),
    ];
    for (change, expected) in table {
        let mut settings = settings();
        change(&mut settings);
        assert_eq!(settings.check().err().map(|(key, _)| key), expected, "{settings:?}");
    }
    let shown = format!("{:?}", settings());
    assert!(!shown.contains("secret") && !shown.contains("reader"), "{shown}");
}

#[test]
fn a_mapping_the_pack_does_not_know_is_refused() {
    for (line, fits) in [
        ("Văn thư=clerk@H24.S02", true),
        ("a=b=clerk@H24.S01", true),
        ("clerks=clerk@H24.S99", false),
        ("leaders=leader@H24.S02", false),
        ("kings=king@H24.S01", false),
        ("clerks", false),
    ] {
        assert_eq!(PostMap::new(&[line.to_owned()], &roles(), &agencies()).is_ok(), fits, "{line}");
    }
    let twice = ["x=clerk@H24.S01".to_owned(), "X=clerk@H24.S02".to_owned()];
    assert!(PostMap::new(&twice, &roles(), &agencies()).is_err());
}

#[test]
fn groups_are_posts_by_their_name_or_by_the_mapping() {
    let reading = Reading {
        people: vec![entry(1), entry(2), entry(3)],
        groups: Some(vec![
            group("clerk@H24.S01", &["UID=name1, OU=people, DC=example, DC=vn", "uid=stranger,dc=example,dc=vn"]),
            group("Lãnh đạo", &["name2", "uid=name1,ou=people,dc=example,dc=vn"]),
            group("leader@H24.S02", &["name3"]),
            group("football", &["name3"]),
        ]),
    };
    let plan = run(&reading, &[], &[], &["lãnh đạo=leader@H24.S01"]);
    let posts: Vec<Vec<&str>> =
        plan.steps.iter().map(|step| step.give.iter().map(|post| post.role.as_str()).collect()).collect();
    assert_eq!(posts, [vec!["clerk", "leader"], vec!["leader"], vec![]]);
    assert!(plan.steps.iter().all(|step| step.turn == Turn::Arrives && step.person.is_none()));
}

#[test]
fn a_run_says_what_became_of_whom() {
    let held = |number, post: &str| Held { post: post.into(), person: who(number), bound: clerk() };
    let mut renamed = entry(2);
    renamed.username = Some("other.name".into());
    let mut married = entry(3);
    married.full_name = "Nguyễn Thị Mới".into();
    let mut back = known(4);
    (back.gone, back.username) = (true, who(4).to_string());
    let mut nameless = entry(6);
    nameless.username = None;
    let mut twin = entry(7);
    twin.username = Some("name8".into());
    let reading = Reading {
        people: vec![entry(1), renamed, married, entry(4), nameless, twin, entry(8)],
        groups: Some(vec![group("clerk@H24.S01", &["name1"])]),
    };
    let before = [known(1), known(2), known(3), back, known(5), known(6)];
    let posts = [held(1, "a"), held(1, "b"), held(2, "c"), held(6, "d")];
    let plan = run(&reading, &before, &posts, &[]);
    let told: Vec<(Option<&PersonId>, Turn, Vec<&str>)> = plan
        .steps
        .iter()
        .map(|step| (step.person.as_ref(), step.turn, step.end.iter().map(String::as_str).collect()))
        .collect();
    let (one, two, three, four, five, six) = (who(1), who(2), who(3), who(4), who(5), who(6));
    assert_eq!(
        told,
        [
            (Some(&one), Turn::Stays, vec!["b"]),
            (Some(&two), Turn::Changes, vec!["c"]),
            (Some(&three), Turn::Changes, vec![]),
            (Some(&four), Turn::Returns, vec![]),
            // Without a name it goes on under the old one, and loses the post all the same.
            (Some(&six), Turn::Stays, vec!["d"]),
            (Some(&five), Turn::Leaves, vec![]),
        ],
        "two entries of one name come in neither"
    );
    assert_eq!((plan.serving, plan.found, plan.unnamed), (5, 7, 3));
}

#[test]
fn without_groups_nobody_loses_a_post() {
    let held = [Held { post: "a".into(), person: who(1), bound: clerk() }];
    let reading = Reading { people: vec![entry(1)], groups: None };
    assert_eq!(run(&reading, &[known(1)], &held, &[]).steps, []);
    let reading = Reading { people: vec![entry(1)], groups: Some(Vec::new()) };
    assert_eq!(run(&reading, &[known(1)], &held, &[]).steps.len(), 1);
}

#[test]
fn a_run_that_takes_too_much_is_stopped() {
    let before: Vec<Known> = (0..20).map(known).collect();
    let held: Vec<Held> =
        (0..20).map(|number| Held { post: format!("p{number}"), person: who(number), bound: clerk() }).collect();
    let names: Vec<String> = (0..20).map(|number| format!("name{number}")).collect();
    for (present, in_group, percent, losing) in [
        (20, 20, 20, None),
        (16, 16, 20, None),
        (15, 15, 20, Some(5)),
        (20, 15, 20, Some(5)),
        // Whoever loses account and post counts once.
        (18, 18, 10, None),
        (18, 15, 20, Some(5)),
        (19, 19, 0, None),
        (18, 18, 0, Some(2)),
        (0, 0, 100, Some(20)),
        (0, 0, 20, Some(20)),
    ] {
        let members: Vec<&str> = names[..in_group].iter().map(String::as_str).collect();
        let reading =
            Reading { people: (0..present).map(entry).collect(), groups: Some(vec![group("clerk@H24.S01", &members)]) };
        let plan = run(&reading, &before, &held, &[]);
        assert_eq!(guard(&plan, percent).err().map(|stop| stop.losing), losing, "{present} {in_group} {percent}");
    }
}

proptest! {
    /// What a run made is what the directory shows: the next run has nothing to do.
    #[test]
    fn a_second_run_is_quiet(present in proptest::collection::btree_set(0_usize..12, 0..12),
                             members in proptest::collection::btree_set(0_usize..12, 0..12),
                             earlier in proptest::collection::btree_set(0_usize..12, 0..12)) {
        let names: Vec<String> = members.iter().map(|number| format!("name{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let reading = Reading {
            people: present.iter().map(|number| entry(*number)).collect(),
            groups: Some(vec![group("clerk@H24.S01", &names)]),
        };
        let mut known: Vec<Known> = earlier.iter().map(|number| known(*number)).collect();
        let mut held: Vec<Held> = Vec::new();
        let first = run(&reading, &known, &held, &[]);
        for step in &first.steps {
            let number = match (&step.entry, &step.person) {
                (Some(entry), _) => entry.id.trim_start_matches("id-").parse::<usize>().unwrap(),
                (None, Some(person)) => (0..12).find(|number| who(*number) == *person).unwrap(),
                (None, None) => unreachable!(),
            };
            match step.turn {
                Turn::Arrives => known.push(self::known(number)),
                Turn::Leaves => known.iter_mut().filter(|one| one.person == who(number)).for_each(|one| one.gone = true),
                _ => {}
            }
            held.extend(step.give.iter().map(|post| Held { post: format!("{number}"), person: who(number), bound: post.clone() }));
        }
        let second = run(&reading, &known, &held, &[]);
        prop_assert_eq!(&second.steps, &[]);
        prop_assert_eq!(second.serving, present.len());
        prop_assert_eq!(held.len(), present.intersection(&members).count());
    }
}
