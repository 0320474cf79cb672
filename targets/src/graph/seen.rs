//! Whose files many targets see when they run. What each reaches is found once, for all that lead to it: targets
//! that lead to each other reach the same ones (Tarjan's strongly connected components).

use super::graph::TargetGraph;
use super::target::{TargetId, TargetMap, TargetSet};
use crate::error::Error;

impl TargetGraph<'_> {
    /// Everything whose files the targets of each group see when they run, themselves included: what they depend on,
    /// directly or not, but without what a field other than `dependencies` names, whose product is used and not its
    /// files, and without what `!!` excludes.
    ///
    /// # Errors
    /// See [`TargetGraph::direct`].
    pub fn seen_by_each(&self, groups: &[Vec<TargetId>]) -> Result<Vec<TargetSet>, Error> {
        let roots: Vec<TargetId> = groups.iter().flatten().copied().collect();
        self.infer_all_seen(&roots);
        let mut reached = ReachedTargets::new(self);
        groups.iter().map(|group| reached.of(group)).collect()
    }

    /// Infers in parallel what targets see, and what that sees. Mistakes are told by who asks for it one by one.
    fn infer_all_seen(&self, roots: &[TargetId]) {
        let mut known = self.targets().arena().empty_set();
        let mut wave: Vec<TargetId> = roots.to_vec();
        wave.retain(|id| known.insert(*id));
        while !wave.is_empty() {
            self.prefetch(&wave);
            let direct = wave.iter().filter_map(|id| self.seen_directly(*id).ok());
            let next = direct.flatten().copied().filter(|id| known.insert(*id));
            wave = next.collect();
        }
    }
}

/// What targets reach, themselves included, by their components.
struct ReachedTargets<'g, 'r> {
    graph: &'g TargetGraph<'r>,
    components: Vec<ReachedComponent>,
    /// The position of a target's component, once that is complete.
    component: TargetMap<Option<usize>>,
    /// When a target was first seen, from 1, and the first one to which it leads back.
    visits: TargetMap<Option<(usize, usize)>>,
    visited: usize,
    /// What was seen and has no component yet.
    open: Vec<TargetId>,
}

/// What the targets of a component reach, and what `!!` excludes of that.
struct ReachedComponent {
    reached: TargetSet,
    excluded: Option<TargetSet>,
}

impl<'g, 'r> ReachedTargets<'g, 'r> {
    fn new(graph: &'g TargetGraph<'r>) -> Self {
        let arena = graph.targets().arena();
        Self {
            graph,
            components: Vec::new(),
            component: arena.map(|_| None),
            visits: arena.map(|_| None),
            visited: 0,
            open: Vec::new(),
        }
    }

    /// What a group of targets sees, itself included.
    fn of(&mut self, group: &[TargetId]) -> Result<TargetSet, Error> {
        let arena = self.graph.targets().arena();
        let mut all = arena.empty_set();
        let mut excluded = arena.empty_set();
        for id in group {
            let component = self.component_of(*id)?;
            all.add(&component.reached);
            component.excluded.iter().for_each(|one| excluded.add(one));
        }
        all.take_out(&excluded);
        for id in group {
            all.insert(*id);
        }
        Ok(all)
    }

    fn component_of(&mut self, id: TargetId) -> Result<&ReachedComponent, Error> {
        if self.component[id].is_none() {
            self.visit(id)?;
        }
        let at = self.component[id].unwrap_or_default();
        Ok(&self.components[at])
    }

    /// Finds the components of a target and of all that it leads to, without recursion: chains may be long.
    fn visit(&mut self, root: TargetId) -> Result<(), Error> {
        self.enter(root);
        let mut path = vec![(root, 0)];
        while let Some((id, next)) = path.last_mut() {
            let id = *id;
            let direct = self.graph.seen_directly(id)?;
            let Some(other) = direct.get(*next).copied() else {
                path.pop();
                let low = self.leave(id)?;
                if let Some((above, _)) = path.last() {
                    self.lower(*above, low);
                }
                continue;
            };
            *next += 1;
            match self.visits[other] {
                None => {
                    self.enter(other);
                    path.push((other, 0));
                }
                Some((visit, _)) if self.component[other].is_none() => self.lower(id, visit),
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn enter(&mut self, id: TargetId) {
        self.visited += 1;
        self.visits[id] = Some((self.visited, self.visited));
        self.open.push(id);
    }

    fn lower(&mut self, id: TargetId, low: usize) {
        if let Some((_, own)) = &mut self.visits[id] {
            *own = low.min(*own);
        }
    }

    /// All that a target leads to was seen: it and what was seen since are a component, unless it leads back to an
    /// earlier one. Gives the first one to which it leads.
    fn leave(&mut self, id: TargetId) -> Result<usize, Error> {
        let (visit, low) = self.visits[id].unwrap_or_default();
        if visit == low {
            let start = self.open.iter().rposition(|open| *open == id);
            let members = self.open.split_off(start.unwrap_or_default());
            let component = self.complete(&members)?;
            for member in members {
                self.component[member] = Some(self.components.len());
            }
            self.components.push(component);
        }
        Ok(low)
    }

    fn complete(&self, members: &[TargetId]) -> Result<ReachedComponent, Error> {
        let graph = self.graph;
        let mut reached = graph.targets().arena().empty_set();
        let mut excluded: Option<TargetSet> = None;
        let mut exclude = |more: &TargetSet| match &mut excluded {
            Some(excluded) => excluded.add(more),
            none => *none = Some(more.clone()),
        };
        for member in members {
            reached.insert(*member);
        }
        for member in members {
            for ignored in &graph.own_explicit(*member)?.transitive_ignores {
                let mut one = graph.targets().arena().empty_set();
                for id in graph.targets().expanded(*ignored) {
                    one.insert(id);
                }
                exclude(&one);
            }
            for other in graph.seen_directly(*member)? {
                // What is there came with all that it reaches.
                if !reached.contains(*other)
                    && let Some(at) = self.component[*other]
                {
                    let component = &self.components[at];
                    reached.add(&component.reached);
                    component.excluded.iter().for_each(&mut exclude);
                }
            }
        }
        Ok(ReachedComponent { reached, excluded })
    }
}
