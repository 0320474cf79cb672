//! Diffs and chains on two locks of a real monorepo: the main resolve of lablup/backend.ai, before
//! and after the commit of 2024-04-12 that changed twelve requirements. The locks have no files.

#![allow(clippy::unwrap_used, reason = "a test")]

use lockfile::{Lock, check_consistency, diff, read, why, write};

fn before() -> Lock {
    read(include_str!("real/before.lock"), "before.lock".into()).unwrap()
}

fn after() -> Lock {
    read(include_str!("real/after.lock"), "after.lock".into()).unwrap()
}

#[test]
fn the_locks_are_consistent_and_in_the_form_that_is_written() {
    assert_eq!(check_consistency(&before()), []);
    assert_eq!(check_consistency(&after()), []);
    assert_eq!(write(&after()), include_str!("real/after.lock"));
}

#[test]
fn what_changed_and_why() {
    let diff = diff::diff(&before(), &after());
    insta::assert_snapshot!(diff::text(&[diff]), @"
    python-default: 1 removed, 12 changed
      the requirement `aiofiles~=0.8.0` is now `aiofiles~=23.2.1`
      the requirement `aiosqlite~=0.17.0` is now `aiosqlite~=0.20.0`
      the requirement `alembic~=1.12.0` is now `alembic~=1.13.1`
      the requirement `cachetools~=5.2.0` is now `cachetools~=5.3.3`
      the requirement `cattrs~=22.2.0` is now `cattrs~=23.2.3`
      the requirement `faker~=13.12.0` is now `faker~=24.7.1`
      the requirement `networkx~=2.8.7` is now `networkx~=3.3.0`
      the requirement `pydantic~=2.4.2` is now `pydantic~=2.6.4`
      the requirement `textual~=0.52.1` is now `textual~=0.56.3`
      the requirement `tomlkit~=0.11.1` is now `tomlkit~=0.12.4`
      the requirement `treelib==1.6.1` is now `treelib~=1.7.0`
      the requirement `typing-extensions~=4.3` is now `typing-extensions~=4.11`
      ~ aiofiles 0.8.0 -> 23.2.1 (major)
          the requirement `aiofiles~=0.8.0` is now `aiofiles~=23.2.1`
      ~ aiosqlite 0.17.0 -> 0.20.0 (minor)
          the requirement `aiosqlite~=0.17.0` is now `aiosqlite~=0.20.0`
      ~ alembic 1.12.1 -> 1.13.1 (minor)
          the requirement `alembic~=1.12.0` is now `alembic~=1.13.1`
      ~ cachetools 5.2.1 -> 5.3.3 (minor)
          the requirement `cachetools~=5.2.0` is now `cachetools~=5.3.3`
      ~ cattrs 22.2.0 -> 23.2.3 (major)
          the requirement `cattrs~=22.2.0` is now `cattrs~=23.2.3`
      ~ faker 13.12.1 -> 24.7.1 (major)
          the requirement `faker~=13.12.0` is now `faker~=24.7.1`
      - future 1.0.0
          the requirement `treelib==1.6.1` is now `treelib~=1.7.0`, through treelib
      ~ networkx 2.8.8 -> 3.3 (major)
          the requirement `networkx~=2.8.7` is now `networkx~=3.3.0`
      ~ pydantic 2.4.2 -> 2.6.4 (minor)
          the requirement `pydantic~=2.4.2` is now `pydantic~=2.6.4`
      ~ pydantic-core 2.10.1 -> 2.16.3 (minor)
          the requirement `pydantic~=2.4.2` is now `pydantic~=2.6.4`, through pydantic
      ~ textual 0.52.1 -> 0.56.4 (minor)
          the requirement `textual~=0.52.1` is now `textual~=0.56.3`
      ~ tomlkit 0.11.8 -> 0.12.4 (minor)
          the requirement `tomlkit~=0.11.1` is now `tomlkit~=0.12.4`
      ~ treelib 1.6.1 -> 1.7.0 (minor)
          the requirement `treelib==1.6.1` is now `treelib~=1.7.0`
    ");
}

#[test]
fn why_a_package_is_there() {
    let lock = after();
    let chains = |name| -> String {
        let found = why(&lock, name, 3);
        found.iter().map(ToString::to_string).collect()
    };
    insta::assert_snapshot!(chains("markupsafe"), @"
    markupsafe 2.1.5
      requirement `jinja2~=3.1.2` > jinja2 3.1.3 > markupsafe>=2.0 > markupsafe 2.1.5
      requirement `aiomonitor~=0.7.0` > aiomonitor 0.7.0 > jinja2>=3.1.2 > jinja2 3.1.3 > markupsafe>=2.0 > markupsafe 2.1.5
      requirement `alembic~=1.13.1` > alembic 1.13.1 > mako > mako 1.3.3 > markupsafe>=0.9.2 > markupsafe 2.1.5
    ");
    insta::assert_snapshot!(chains("pywin32"), @"
    pywin32 306
      requirement `jupyter-client>=6.0` > jupyter-client 8.6.1 > jupyter-core>=4.12,!=5.0.* > jupyter-core 5.7.2 > pywin32>=300 > pywin32 306  where sys_platform == 'win32'
    ");
    insta::assert_snapshot!(chains("colorama"), @"
    colorama 0.4.6
      requirement `colorama>=0.4.4` > colorama 0.4.6
      requirement `click~=8.1.7` > click 8.1.7 > colorama > colorama 0.4.6  where sys_platform == 'win32'
      requirement `pytest>=7.3.1` > pytest 8.1.1 > colorama > colorama 0.4.6  where sys_platform == 'win32'
      … and more
    ");
    insta::assert_snapshot!(chains("greenlet"), @"
    greenlet 3.0.3
      requirement `sqlalchemy[postgresql-asyncpg]~=1.4.40` > sqlalchemy 1.4.52 > greenlet!=0.4.17 > greenlet 3.0.3  where platform_machine == 'AMD64' or platform_machine == 'WIN32' or platform_machine == 'aarch64' or platform_machine == 'amd64' or platform_machine == 'ppc64le' or platform_machine == 'win32' or platform_machine == 'x86_64'
      requirement `sqlalchemy[postgresql-asyncpg]~=1.4.40` > sqlalchemy 1.4.52 > greenlet!=0.4.17 (extra postgresql-asyncpg) > greenlet 3.0.3
      requirement `alembic~=1.13.1` > alembic 1.13.1 > sqlalchemy>=1.3.0 > sqlalchemy 1.4.52 > greenlet!=0.4.17 > greenlet 3.0.3  where platform_machine == 'AMD64' or platform_machine == 'WIN32' or platform_machine == 'aarch64' or platform_machine == 'amd64' or platform_machine == 'ppc64le' or platform_machine == 'win32' or platform_machine == 'x86_64'
    ");
}
