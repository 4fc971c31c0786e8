import { blockFiles } from '@btcp2p/testdata';
import { BlockView } from '@btcp2p/wire';
import { ScriptCheckPool } from '../../packages/reactor/dist/script-check-pool.js';
const which=process.argv[2]?.split(',')??['main-210000','main-403200','test3-928816','main-367891','test3-928828'];
for(const n of [0,1,2]){ const pool=new ScriptCheckPool({helpers:n}); await new Promise(r=>setTimeout(r,400));
for(const f of blockFiles()){ if(!which.includes(f.name))continue;
 const prev=f.prevouts.map(({value,script})=>({value,scriptPubKey:script}));const view=BlockView.of(f.bytes);
 const txs=[];let at=0;for(let i=1;i<view.transactionCount;i++){const k=view.transaction(i).inputs.length;txs.push(prev.slice(at,at+k));at+=k;}
 const run=()=>{pool.begin(view,1|(1<<11)|(1<<17));txs.forEach((p,i)=>pool.add(i+1,p));return pool.finish();};
 let best=1e9,r;for(let k=0;k<3;k++){const t=performance.now();r=run();best=Math.min(best,performance.now()-t);}
 console.log(n,pool.source,f.name.padEnd(14),r,best.toFixed(1),'ms',Math.round(at/best*1000),'inputs/s');
} const t=performance.now(); await pool.close(); console.log('close',(performance.now()-t).toFixed(1)); }
