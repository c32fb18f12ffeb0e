// What is wrong with a result of bench_load: each of these is a bug of somebody, on however slow a machine.
export function faultsOf(result) {
  if (result.error) return ['error']
  return ['lost', 'duplicates', 'corrupt', 'unacknowledged', 'refused', 'closed'].filter((name) => result[name] > 0)
}
