// Random users, diagrams and grants, and an independent model of what they mean (docs/security.md#permissions).

import { createHash } from 'node:crypto';

const roles = ['editor', 'viewer', 'admin', 'owner', 'gardener', 'viewer,editor', 'gardener, viewer', null, null];
const memberRoles = ['viewer', 'editor', 'owner'];
const organizationRoles = ['member', 'admin', 'guest', 'drawer', 'looker', 'broken', 'drawer,looker', 'guest,member'];

// What the server is told with --organization-role-permissions, and what the organizations have made themselves.
export const organizationPermissions = 'owner=*; admin=view,edit; member=view';
const madeRoles = {
  drawer: '{"diagram":["view","edit"]}',
  looker: '{"diagram":["view"],"member":["edit"]}',
  broken: '{"diagram":["view","edit"',
};

export function makeWorld(random, { users: userCount, diagrams: diagramCount }) {
  const names = (prefix, count) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  const token = () => Buffer.from(random.bytes(24)).toString('hex').slice(0, 32);
  const organizations = names('organization', 20);
  const users = names('user', userCount).map((id) => ({ id, role: random.pick(roles), token: token(), links: [] }));
  const diagrams = names('diagram', diagramCount).map((id) => ({
    id,
    owner: random.chance(0.95) ? random.pick(users).id : null,
    organization: random.chance(0.6) ? random.pick(organizations) : null,
    visibility: random.pick(['private', 'private', 'org', 'org', 'public']),
  }));
  const memberships = unique(3 * diagramCount, () => [random.pick(diagrams).id, random.pick(users).id]).map(
    ([diagram, user]) => ({ diagram, user, role: random.pick(memberRoles), ends: randomEnd(random) }),
  );
  const links = names('link', diagramCount).map(() => ({
    diagram: random.pick(diagrams).id,
    token: token(),
    role: random.pick(['viewer', 'editor']),
    ends: randomEnd(random),
  }));
  const belongings = unique(userCount, () => [random.pick(organizations), random.pick(users).id]).map(
    ([organization, user]) => ({ organization, user, role: random.pick(organizationRoles) }),
  );
  return { organizations, users, diagrams, memberships, links, belongings };
}

// Null: for ever.
const randomEnd = (random) => random.pick([null, null, Date.now() + 3600_000, Date.now() - 60_000]);

function unique(count, make) {
  const pairs = Array.from({ length: count }, make);
  return [...new Map(pairs.map((pair) => [pair.join(' '), pair])).values()];
}

// "read-write", "readonly" or null. `link` is the share link that the user brings, if any.
export function accessOf(world, user, diagramId, link) {
  const granted = grants(world, user, diagramId, link);
  const capped = new Set([...capOf(user)].filter((action) => granted.has(action)));
  if (!capped.has('view')) return null;
  return capped.has('edit') ? 'read-write' : 'readonly';
}

function capOf({ role }) {
  const actions = { owner: 'view edit', admin: 'view edit', editor: 'view edit', viewer: 'view' };
  const names = (role ?? 'editor').split(',').map((name) => name.trim());
  return new Set(names.flatMap((name) => (actions[name] ?? '').split(' ')));
}

function grants(world, user, diagramId, link) {
  const diagram = world.diagrams.find(({ id }) => id === diagramId);
  const actions = new Set();
  const add = (...more) => more.forEach((action) => actions.add(action));
  if (diagram === undefined) return actions;
  if (diagram.owner === user.id) add('view', 'edit');
  if (diagram.visibility === 'public') add('view');
  for (const { role } of world.memberships.filter(
    (each) => each.diagram === diagramId && each.user === user.id && holds(each),
  )) {
    add('view', ...(role === 'viewer' ? [] : ['edit']));
  }
  if (link !== undefined && link.diagram === diagramId && holds(link)) {
    add('view', ...(link.role === 'editor' ? ['edit'] : []));
  }
  const belonging = world.belongings.find(
    (each) => each.organization === diagram.organization && each.user === user.id,
  );
  if (belonging !== undefined && diagram.visibility !== 'private') {
    add('view');
    if (belonging.role.split(',').some((role) => role === 'admin' || role === 'drawer')) add('edit');
  }
  return actions;
}

const holds = ({ ends }) => ends === null || ends > Date.now();

// Puts it into the database of `auth`, in Better Auth's own layout.
export async function storeWorld(auth, world) {
  const time = (milliseconds) => (milliseconds === null ? null : new Date(milliseconds).toISOString());
  const now = time(Date.now());
  const dates = { createdAt: now, updatedAt: now };
  const rows = {
    user: world.users.map(({ id, role }) => ({
      id,
      role,
      name: id,
      email: `${id}@example.com`,
      emailVerified: false,
      ...dates,
    })),
    session: world.users.map(({ id, token }) => ({
      id: `session of ${id}`,
      userId: id,
      token,
      expiresAt: time(Date.now() + 3600_000),
      ...dates,
    })),
    organization: world.organizations.map((id) => ({ id, name: id, slug: id, createdAt: now })),
    member: world.belongings.map(({ organization, user, role }) => ({
      id: `${organization} ${user}`,
      organizationId: organization,
      userId: user,
      role,
      createdAt: now,
    })),
    organizationRole: world.organizations.flatMap((organization) =>
      Object.entries(madeRoles).map(([role, permission]) => ({
        id: `${organization} ${role}`,
        organizationId: organization,
        role,
        permission,
        createdAt: now,
      })),
    ),
    diagram: world.diagrams.map(({ id, owner, organization, visibility }) => ({
      id,
      owner_id: owner,
      organization_id: organization,
      visibility,
    })),
    diagram_member: world.memberships.map(({ diagram, user, role, ends }) => ({
      diagram_id: diagram,
      user_id: user,
      role,
      expires_at: time(ends),
    })),
    diagram_share_link: world.links.map(({ diagram, token, role, ends }) => ({
      diagram_id: diagram,
      token_hash: createHash('sha256').update(token).digest('base64url'),
      role,
      expires_at: time(ends),
    })),
  };
  for (const [table, list] of Object.entries(rows)) await insert(auth, table, list);
}

async function insert(auth, table, rows) {
  const columns = Object.keys(rows[0])
    .map((name) => `"${name}"`)
    .join(', ');
  await auth.database.all(
    `INSERT INTO "${table}" (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::"${table}", ?::json)`,
    JSON.stringify(rows),
  );
}
