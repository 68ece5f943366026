//! Machines that capture sessions, by what they call themselves.

use redb::ReadableTable;

use super::view::View;
use super::write::Tables;
use super::{Damage, Store, StoreError, decode, encode, tables};
use crate::model::{Machine, MachineId};

impl View<'_> {
    /// All machines that are known, by id.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn machines(&self) -> Result<Vec<Machine>, StoreError> {
        let Some(table) = self.optional_table(tables::MACHINES)? else { return Ok(Vec::new()) };
        let rows = table.iter().map_err(|error| self.store.error(error))?;
        rows.map(|row| {
            let (id, bytes) = row.map_err(|error| self.store.error(error))?;
            read(self.store, MachineId(uuid::Uuid::from_u128(id.value())), bytes.value())
        })
        .collect()
    }

    /// The machine with this id, if it is known.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn machine(&self, id: MachineId) -> Result<Option<Machine>, StoreError> {
        let Some(table) = self.optional_table(tables::MACHINES)? else { return Ok(None) };
        let row = table.get(id.0.as_u128()).map_err(|error| self.store.error(error))?;
        row.map(|row| read(self.store, id, row.value())).transpose()
    }
}

impl Store {
    /// Takes in what a machine calls itself, unless something newer is known; returns whether that
    /// changed anything.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn merge_machine(&self, machine: &Machine) -> Result<bool, StoreError> {
        self.write(|tables| tables.merge_machine(machine))
    }
}

impl Tables<'_> {
    /// Takes in what a machine calls itself, unless something newer is known; returns whether that
    /// changed anything. The order in which several are taken in makes no difference.
    pub(crate) fn merge_machine(&mut self, machine: &Machine) -> Result<bool, StoreError> {
        let key = machine.id.0.as_u128();
        let known = self.machines.get(key).map_err(|error| self.store.error(error))?;
        let known = known.map(|row| read(self.store, machine.id, row.value())).transpose()?;
        let rank =
            |machine: &Machine| (machine.stamp, machine.name.clone(), machine.person.clone());
        if known.is_some_and(|known| rank(&known) >= rank(machine)) {
            return Ok(false);
        }
        let put = self.machines.insert(key, encode(machine).as_slice());
        put.map_err(|error| self.store.error(error))?;
        Ok(true)
    }
}

fn read(store: &Store, id: MachineId, bytes: &[u8]) -> Result<Machine, StoreError> {
    let damaged = |damage: Damage| store.damaged(format_args!("machine `{id}`"), damage);
    decode(bytes).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::store::Access;

    fn machine() -> impl Strategy<Value = Machine> {
        let fields = (0..3_u128, "[ab]{0,2}", proptest::option::of("[ab]{0,1}"), 0..3_i64);
        fields.prop_map(|(id, name, person, stamp)| {
            let id = MachineId(Uuid::from_u128(id));
            Machine { id, name, person, stamp }
        })
    }

    fn merged<'m>(machines: impl Iterator<Item = &'m Machine>) -> Vec<Machine> {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("lore.db"), Access::Write).unwrap();
        for machine in machines {
            store.merge_machine(machine).unwrap();
            assert!(!store.merge_machine(machine).unwrap(), "taken in twice");
        }
        store.view().unwrap().machines().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn the_order_makes_no_difference(machines in proptest::collection::vec(machine(), 0..6)) {
            let one = merged(machines.iter());
            prop_assert_eq!(&one, &merged(machines.iter().rev()));
            prop_assert_eq!(&one, &merged(machines.iter().chain(&machines)));
            for machine in &one {
                let newest = machines.iter().filter(|other| other.id == machine.id);
                prop_assert_eq!(newest.map(|other| other.stamp).max(), Some(machine.stamp));
            }
        }
    }

    #[test]
    fn nothing_is_known_of_a_machine_that_never_said_anything() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("lore.db"), Access::Write).unwrap();
        let id = MachineId(Uuid::from_u128(0xaaaa_1111 << 96));
        let machine = Machine { id, name: "thinkpad".into(), person: None, stamp: 1 };
        assert_eq!(store.view().unwrap().machine(id).unwrap(), None);
        assert!(store.merge_machine(&machine).unwrap());
        assert_eq!(store.view().unwrap().machine(id).unwrap(), Some(machine));
        assert_eq!(Machine::unknown(id).name, "aaaa1111");
    }
}
