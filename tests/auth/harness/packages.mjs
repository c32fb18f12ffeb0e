// Better Auth in the versions that the tests go through, with the parts of it that they use.

const paths = { 1.4: ['better-auth-1.4', 'db'], newest: ['better-auth-newest', 'db/migration'] };

export const versions = Object.keys(paths);

const loaded = new Map();

export function loadPackage(version) {
  if (!loaded.has(version)) loaded.set(version, load(...paths[version]));
  return loaded.get(version);
}

async function load(name, migrations) {
  const [core, plugins, access, admin, drizzle, database] = await Promise.all(
    ['', '/plugins', '/plugins/access', '/plugins/admin/access', '/adapters/drizzle', `/${migrations}`].map(
      (part) => import(`${name}${part}`),
    ),
  );
  return { ...core, ...plugins, ...access, ...admin, ...drizzle, ...database };
}
