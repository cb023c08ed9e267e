//! A directory server of the test's own: in a temporary folder, on free ports of the loopback address, without root.

use haidang_identity::DirectorySettings;
use ldap3::{Ldap, LdapConnAsync, Mod};
use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub const BASE: &str = "dc=example,dc=vn";
pub const PASSWORD: &str = "mật khẩu của thư mục";
const ADMIN: &str = "cn=admin,dc=example,dc=vn";
const READER: &str = "cn=reader,dc=example,dc=vn";
const SECRET: &str = "reader's secret";

pub struct Slapd {
    child: Child,
    folder: TempDir,
    port: u16,
    tls_port: u16,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The server's program, or a failure that says what to install: a test of the directory without one proves nothing.
fn program() -> PathBuf {
    let known = ["/usr/sbin/slapd", "/usr/lib/openldap/slapd", "/usr/libexec/slapd", "/usr/local/libexec/slapd"];
    let found = known.iter().map(Path::new).find(|path| path.exists());
    found.expect("slapd is not installed; run scripts/install.sh test, or install the Debian package slapd").to_owned()
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let done = Command::new("openssl").args(arguments).current_dir(folder).output();
    let done = done.expect("openssl is not installed; run scripts/install.sh test");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

const KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/// An authority and a certificate of it for the loopback address.
fn certificates(folder: &Path) {
    let authority = ["-days", "2", "-subj", "/CN=Authority", "-keyout", "ca.key", "-out", "ca.crt"];
    openssl(folder, &[&["req", "-x509"], &KEY[..], &authority[..]].concat());
    let names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"];
    let signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-days", "2", "-subj", "/CN=localhost"];
    let files = ["-keyout", "server.key", "-out", "server.crt"];
    openssl(folder, &[&["req", "-x509"], &KEY[..], &names[..], &signed[..], &files[..]].concat());
}

fn configuration(folder: &Path, limit: &str) -> String {
    let here = folder.display();
    format!(
        "include /etc/ldap/schema/core.schema\n\
         include /etc/ldap/schema/cosine.schema\n\
         include /etc/ldap/schema/inetorgperson.schema\n\
         pidfile {here}/slapd.pid\n\
         argsfile {here}/slapd.args\n\
         modulepath /usr/lib/ldap\n\
         moduleload back_mdb\n\
         # The worst that an administrator may have allowed: a bind without a password counts as nobody's, and succeeds.\n\
         allow bind_anon_cred\n\
         sizelimit {limit}\n\
         TLSCACertificateFile {here}/ca.crt\n\
         TLSCertificateFile {here}/server.crt\n\
         TLSCertificateKeyFile {here}/server.key\n\
         database mdb\n\
         maxsize 33554432\n\
         dbnosync\n\
         suffix \"{BASE}\"\n\
         rootdn \"{ADMIN}\"\n\
         rootpw admin\n\
         directory {here}/data\n\
         access to attrs=userPassword by anonymous auth by * none\n\
         access to * by dn.exact=\"{READER}\" read by * none\n"
    )
}

/// A person as LDIF.
fn person(name: &str, full_name: &str) -> String {
    format!(
        "dn: uid={name},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {full_name}\nsn: {name}\n\
         mail: {name}@example.vn\nuserPassword: {PASSWORD}\n\n"
    )
}

fn group(name: &str, members: &[&str]) -> String {
    let mut text = format!("dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\n");
    // The class wants a member always; this one is nobody.
    text.push_str(&format!("member: cn=nobody,{BASE}\n"));
    for member in members {
        text.push_str(&format!("member: uid={member},ou=people,{BASE}\n"));
    }
    text.push('\n');
    text
}

fn ldif() -> String {
    let mut text = format!(
        "dn: {BASE}\nobjectClass: domain\ndc: example\n\n\
         dn: {READER}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: {SECRET}\n\n\
         dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n\n\
         dn: ou=groups,{BASE}\nobjectClass: organizationalUnit\nou: groups\n\n\
         dn: ou=elsewhere,ou=people,{BASE}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\n\
         ref: ldap://127.0.0.1:1/ou=people,dc=elsewhere\n\n"
    );
    for (name, full_name) in [("lan.nt", "Nguyễn Thị Lan"), ("hung.tv", "Trần Văn Hùng"), ("mai.lt", "Lê Thị Mai")]
    {
        text.push_str(&person(name, full_name));
    }
    text.push_str(&group("clerk@H24.S08", &["lan.nt", "hung.tv"]));
    text.push_str(&group("Quản trị", &["mai.lt"]));
    text
}

impl Slapd {
    /// Three people: two clerks by the name of their group, one administrator by the mapping.
    pub fn start() -> Slapd {
        Slapd::with("", "unlimited")
    }

    /// The same with more people, as LDIF, and a limit of its answers.
    pub fn with(more: &str, limit: &str) -> Slapd {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        // A copy: profiles that confine the system's own server (AppArmor) hold it by its path, outside our folder.
        let server = here.join("slapd");
        std::fs::copy(program(), &server).unwrap();
        certificates(here);
        std::fs::create_dir(here.join("data")).unwrap();
        std::fs::write(here.join("slapd.conf"), configuration(here, limit)).unwrap();
        std::fs::write(here.join("first.ldif"), ldif() + more).unwrap();
        let filled = Command::new(&server)
            .args(["-T", "add", "-f", "slapd.conf", "-l", "first.ldif"])
            .current_dir(here)
            .output();
        let filled = filled.unwrap();
        assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
        let (port, tls_port) = (free_port(), free_port());
        let urls = format!("ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/");
        let mut child = Command::new(&server)
            .args(["-f", "slapd.conf", "-h", &urls, "-d", "none"])
            .current_dir(here)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = Vec::new();
        let started = lines.by_ref().map_while(Result::ok).any(|line| {
            told.push(line);
            told.last().is_some_and(|line| line.contains("slapd starting"))
        });
        assert!(started, "slapd did not start: {told:?}");
        // Whatever it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Slapd { child, folder, port, tls_port }
    }

    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    pub fn tls_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls_port)
    }

    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// How a city is told of this directory.
    pub fn settings(&self) -> DirectorySettings {
        DirectorySettings {
            url: self.url(),
            start_tls: false,
            ca_file: None,
            bind_dn: READER.into(),
            bind_password: SECRET.into(),
            people: format!("ou=people,{BASE}"),
            people_filter: "(objectClass=inetOrgPerson)".into(),
            name_attribute: "uid".into(),
            id_attribute: "entryUUID".into(),
            full_name_attribute: "cn".into(),
            mail_attribute: "mail".into(),
            groups: format!("ou=groups,{BASE}"),
            groups_filter: "(objectClass=groupOfNames)".into(),
            group_name_attribute: "cn".into(),
            member_attribute: "member".into(),
            posts: vec!["quản trị=administrator@H24.S08".into()],
            largest_loss_percent: 40,
        }
    }

    async fn admin(&self) -> Ldap {
        let (connection, mut ldap) = LdapConnAsync::new(&self.url()).await.unwrap();
        tokio::spawn(async move { connection.drive().await });
        ldap.simple_bind(ADMIN, "admin").await.unwrap().success().unwrap();
        ldap
    }

    pub async fn add(&self, name: &str, full_name: &str) {
        let values = [
            ("objectClass", "inetOrgPerson"),
            ("uid", name),
            ("cn", full_name),
            ("sn", name),
            ("userPassword", PASSWORD),
        ];
        let attributes = values.into_iter().map(|(kind, value)| (kind, HashSet::from([value]))).collect();
        let dn = format!("uid={name},ou=people,{BASE}");
        self.admin().await.add(&dn, attributes).await.unwrap().success().unwrap();
    }

    pub async fn remove(&self, name: &str) {
        let dn = format!("uid={name},ou=people,{BASE}");
        self.admin().await.delete(&dn).await.unwrap().success().unwrap();
    }

    pub async fn rename(&self, name: &str, new: &str) {
        let dn = format!("uid={name},ou=people,{BASE}");
        self.admin().await.modifydn(&dn, &format!("uid={new}"), true, None).await.unwrap().success().unwrap();
    }

    pub async fn replace(&self, name: &str, attribute: &str, value: &str) {
        let dn = format!("uid={name},ou=people,{BASE}");
        let change = vec![Mod::Replace(attribute, HashSet::from([value]))];
        self.admin().await.modify(&dn, change).await.unwrap().success().unwrap();
    }

    pub async fn leave_group(&self, group: &str, name: &str) {
        let member = format!("uid={name},ou=people,{BASE}");
        let change = vec![Mod::Delete("member", HashSet::from([member.as_str()]))];
        let dn = format!("cn={group},ou=groups,{BASE}");
        self.admin().await.modify(&dn, change).await.unwrap().success().unwrap();
    }

    /// Many people as LDIF, for [`Slapd::with`].
    pub fn crowd(count: usize) -> String {
        (0..count).map(|number| person(&format!("nguoi{number}"), &format!("Nguyễn Văn {number}"))).collect()
    }

    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.stop();
    }
}
