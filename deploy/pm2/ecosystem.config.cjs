// canvas-ws under PM2 (5 and later):
//
//   set -a; . ./canvas-ws.env; set +a          # DATABASE_URL, BETTER_AUTH_SECRET, BETTER_AUTH_URL: PM2 hands its environment on
//   pm2 start ecosystem.config.cjs --env production
//   pm2 save && pm2 startup                     # back after a reboot
//   pm2 reload canvas-ws --update-env           # a new binary or new settings: clients are away for as long as it starts
//
// `pm2 save` writes the environment, secrets too, into ~/.pm2/dump.pm2: keep that folder to its user (chmod 700 ~/.pm2), or leave the secret out
// of the environment with `secret-file = "..."` in CANVAS_WS_CONFIG. PM2 does not rotate its logs: `pm2 install pm2-logrotate`.

module.exports = {
  apps: [
    {
      name: 'canvas-ws',
      script: process.env.CANVAS_WS_BINARY ?? '/usr/bin/canvas-ws',
      args: process.env.CANVAS_WS_CONFIG ? ['serve', '--config', process.env.CANVAS_WS_CONFIG] : ['serve'],
      // Where canvas-ws.sqlite is kept when there is no DATABASE_URL.
      cwd: process.env.CANVAS_WS_HOME ?? __dirname,
      interpreter: 'none',

      // One process. Cluster mode is for programs of Node; and people who edit a document have to meet in one process, whose memory holds the room.
      // More servers: one app each, on ports of their own, behind nginx/upstream-hash.conf.
      exec_mode: 'fork',
      instances: 1,

      // A crash is answered after 0.1 s, the next ones after longer and longer, up to 15 s; 30 s of life end that. So slowly it never comes to
      // max_restarts, which would be the end: a database that is away for an hour is waited for.
      autorestart: true,
      exp_backoff_restart_delay: 100,
      max_restarts: 16,
      min_uptime: 1000,

      // SIGINT first. It takes at most 9 s to commit what it has and to send its clients away; SIGKILL before that would lose nothing that was
      // acknowledged, but the clients would learn of it by a broken wire.
      kill_timeout: 12000,

      // Lines of JSON with the time in them.
      merge_logs: true,
      time: false,

      env: { LOG_LEVEL: process.env.LOG_LEVEL ?? 'debug' },
      env_production: {
        NODE_ENV: 'production',
        LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
        // nginx is on this machine; without it, it is still this machine alone that can connect.
        WS_HOST: process.env.WS_HOST ?? '127.0.0.1',
        WS_PORT: process.env.WS_PORT ?? '3001',
      },
    },
  ],
};
